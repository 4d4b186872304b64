/** Connections with their sockets, one in each namespace, as programs of socket.io know them. */

import type { IncomingMessage } from "node:http";
import { Client } from "../core/client/client.ts";
import type { DisconnectReason } from "../core/model/disconnect-reason.ts";
import type { Socket } from "../core/socket/socket.ts";
import type { BridgeSocket, SocketClient, SocketClients } from "./bridge-socket.ts";
import { nameClass } from "./class-name.ts";
import { bridgeReason } from "./disconnect-reasons.ts";
import { BridgeConnection, type ConnectionEngine } from "./engine/bridge-connection.ts";
import type { BridgeReason } from "./types/plain-api.ts";

/** What a client needs of the others. */
export interface ClientConnections {
  /** The connection of a client. Most programs never ask for it, so it is made then. */
  connectionOf(client: Client): BridgeConnection;
  /** The sockets of a client that have been accepted. */
  socketsOf(client: Client): Map<string, BridgeSocket>;
}

/** A connection. */
export class BridgeClient implements SocketClient {
  readonly #core: Client;
  readonly #connections: ClientConnections;

  constructor(core: Client, connections: ClientConnections) {
    this.#core = core;
    this.#connections = connections;
  }

  get id(): string {
    return this.#core.connection.id;
  }

  get conn(): BridgeConnection {
    return this.#connections.connectionOf(this.#core);
  }

  get request(): IncomingMessage {
    return this.conn.request;
  }

  get sockets(): Map<string, BridgeSocket> {
    return this.#connections.socketsOf(this.#core);
  }

  disconnect(): void {
    for (const socket of this.sockets.values()) socket.disconnect();
    this.#core.closeConnection();
  }
}

nameClass(BridgeClient, "Client");

/** What the connections of a server need of its engine. */
interface ClientEngine extends ConnectionEngine {
  /** Whether the program has closed a connection by itself. */
  hasClosed(connection: object): boolean;
}

/** A namespace, as the clients know it. */
interface ClientNamespace {
  readonly sockets: ReadonlyMap<string, BridgeSocket>;
}

/** The connections of a server. */
export class BridgeClients implements ClientConnections, SocketClients {
  readonly #engine: ClientEngine;
  readonly #namespaces: ReadonlyMap<string, ClientNamespace>;
  readonly #clients = new WeakMap<object, BridgeClient>();
  readonly #connections = new WeakMap<object, BridgeConnection>();

  /**
   * @param engine - what the connections need of their engine
   * @param namespaces - all namespaces by their names
   */
  constructor(engine: ClientEngine, namespaces: ReadonlyMap<string, ClientNamespace>) {
    this.#engine = engine;
    this.#namespaces = namespaces;
  }

  connectionOf({ connection }: Client): BridgeConnection {
    let known = this.#connections.get(connection);
    if (known === undefined) {
      known = new BridgeConnection(connection, this.#engine);
      this.#connections.set(connection, known);
    }
    return known;
  }

  socketsOf(client: Client): Map<string, BridgeSocket> {
    const found = new Map<string, BridgeSocket>();
    for (const [name, { sockets }] of this.#namespaces) {
      const core = client.socketIn(name);
      const socket = core === undefined ? undefined : sockets.get(core.sid);
      if (socket !== undefined) found.set(socket.id, socket);
    }
    return found;
  }

  /** The client of a socket. Most programs never ask for it, so it is made then. */
  of({ client }: Socket): BridgeClient {
    let known = this.#clients.get(client);
    if (known === undefined) {
      if (!(client instanceof Client))
        throw new Error("A socket of the bridge has a client of another kind.");
      known = new BridgeClient(client, this);
      this.#clients.set(client, known);
    }
    return known;
  }

  /** Why a socket ends. */
  reasonOf({ client }: Socket, reason: DisconnectReason): [BridgeReason, Error?] {
    const isBelow =
      reason === "forced close" && client instanceof Client && this.#engine.hasClosed(client.connection);
    return isBelow ? [reason] : bridgeReason(reason);
  }
}

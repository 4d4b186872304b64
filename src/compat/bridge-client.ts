/** Connections with their sockets, one in each namespace, as programs of socket.io know them. */

import type { IncomingMessage } from "node:http";
import { Client } from "../core/client/client.ts";
import type { Socket } from "../core/socket/socket.ts";
import type { BridgeSocket, SocketClient } from "./bridge-socket.ts";
import { BridgeConnection, type ConnectionEngine } from "./engine/bridge-connection.ts";

/** Finds the connection of a client. Most programs never ask for it, so it is made then. */
export interface ClientConnections {
  connectionOf(client: Client): BridgeConnection;
}

/** A connection. */
export class BridgeClient implements SocketClient {
  readonly sockets = new Map<string, BridgeSocket>();
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

  disconnect(): void {
    for (const socket of [...this.sockets.values()]) socket.disconnect();
    this.#core.closeConnection();
  }
}

/** The connections of a server. */
export class BridgeClients implements ClientConnections {
  readonly #engine: ConnectionEngine;
  readonly #clients = new WeakMap<object, BridgeClient>();
  readonly #connections = new WeakMap<object, BridgeConnection>();

  /** @param engine - what the connections need of their engine */
  constructor(engine: ConnectionEngine) {
    this.#engine = engine;
  }

  /** The connection of a client. */
  connectionOf({ connection }: Client): BridgeConnection {
    let known = this.#connections.get(connection);
    if (known === undefined) {
      known = new BridgeConnection(connection, this.#engine);
      this.#connections.set(connection, known);
    }
    return known;
  }

  /** The client of a socket. */
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

  add(core: Socket, socket: BridgeSocket): void {
    this.of(core).sockets.set(socket.id, socket);
  }

  remove(core: Socket, socket: BridgeSocket): void {
    this.of(core).sockets.delete(socket.id);
  }
}

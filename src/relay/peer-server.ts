/**
 * Where a process takes the requests that its peers relay to it: a server of its own, apart from the one for
 * clients.
 */

import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { NodeAdapter, type NodeAdapterOptions } from "../adapter/node/node-adapter.ts";
import type { DetachedUpgrade } from "../adapter/node/socket-handover.ts";
import type { RequestSink } from "../engine/ports.ts";
import { type PeerKey, serverChannel } from "./peer-channel.ts";

/**
 * How long an idle connection is kept, in ms: longer than its peer keeps it, so that none closes under a
 * request.
 */
const keepAliveTimeout = 60_000;

/**
 * How long a peer may take over one request, in ms: what it relays, its client may take as long over by
 * Node's own limits.
 */
const requestTimeout = 300_000;

/** A server for peers. */
export class PeerServer {
  readonly #server: Server;
  readonly #adapter: NodeAdapter;

  /**
   * @param keys - what peers must know: one of these
   * @param sink - takes their requests
   * @param options - those of the server for clients
   * @param patience - how long a program that connects may take to prove that it is a peer, and then to say
   *   what it wants, in ms
   */
  constructor(keys: readonly PeerKey[], sink: RequestSink, options: NodeAdapterOptions, patience = 10_000) {
    this.#server = process.getBuiltinModule("node:https").createServer({
      ...serverChannel(keys),
      keepAliveTimeout,
      handshakeTimeout: patience,
      headersTimeout: patience,
      requestTimeout,
      connectionsCheckingInterval: Math.min(patience, 1000),
    });
    this.#adapter = new NodeAdapter(this.#server, sink, {
      ...options,
      perMessageDeflate: false,
      asksForBodies: true,
    });
    // A peer sends no body before its connection is known here to exist.
    this.#server.on("checkContinue", (request, response) => this.#server.emit("request", request, response));
    this.#server.on("request", (_request, response) => response.writeHead(404).end());
  }

  /**
   * Begins to listen.
   *
   * @param host - the address under which peers reach this process
   * @param port - the port; 0 for any that is free
   * @returns the port
   */
  async listen(host: string, port: number): Promise<number> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, exclusive: true }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    return (server.address() as AddressInfo).port;
  }

  /** Takes a request that a process of the same machine hands over with its socket. */
  take(upgrade: DetachedUpgrade): void {
    this.#adapter.takeDetached(upgrade);
  }

  /** Takes no more requests, and cuts off those under way. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

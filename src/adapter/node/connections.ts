/**
 * The network connections of a server that Roomcast has opened: how it closes without cutting off what it
 * says.
 */

import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { ignoreBareConnections } from "../../net/bare-connections.ts";
import { type HttpServer, SharedServer } from "./shared-server.ts";

/** How long unfinished answers may take when a server closes, in ms. */
const closingTimeout = 1000;
/** How often a closing server looks for connections that have nothing more to say, in ms. */
const sweepInterval = 20;

/**
 * The connections of one server. Those that became WebSockets of others are among them, which Node itself
 * forgets.
 */
export class Connections {
  readonly #server: HttpServer;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  /** @param server - a server that does not listen yet */
  constructor(server: HttpServer) {
    this.#server = server;
    const sockets = this.#sockets;
    // One function for all of them: there may be many.
    function forget(this: Socket) {
      sockets.delete(this);
    }
    const remember = (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", forget);
    };
    server.on("connection", remember).on("secureConnection", remember);
    ignoreBareConnections(remember);
    const sessions = this.#sessions;
    server.on("session", (session: ServerHttp2Session) => {
      sessions.add(session);
      session.once("close", () => sessions.delete(session));
    });
  }

  /**
   * Closes the server after what it is answering, and cuts off what takes too long.
   *
   * @param close - closes the server, and resolves when no connection is left
   */
  async close(close: () => Promise<unknown>): Promise<void> {
    const { bareConnections } = SharedServer.of(this.#server);
    bareConnections?.handOnSilent();
    const cutOff = setTimeout(() => {
      bareConnections?.destroy();
      for (const socket of this.#sockets) socket.destroy();
    }, closingTimeout);
    // For Node an answer is over, and its connection idle, while most of it may still wait to be sent.
    while (!this.#isFlushed) await wait(sweepInterval);
    // A session of HTTP/2 tells its client that it takes no more, and is over after the last answer.
    for (const session of this.#sessions) session.close();
    // And it closes the connections that are idle at first, but not those that become so.
    const sweep = setInterval(() => {
      if (this.#isFlushed && "closeIdleConnections" in this.#server) this.#server.closeIdleConnections();
    }, sweepInterval);
    try {
      await close();
    } finally {
      clearInterval(sweep);
      clearTimeout(cutOff);
    }
  }

  get #isFlushed(): boolean {
    for (const socket of this.#sockets) if (socket.writableLength > 0) return false;
    return true;
  }
}

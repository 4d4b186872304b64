/** A server of the application's with Roomcast attached, which tells of its connections without sockets. */

import { once } from "node:events";
import { createServer, type Server, type ServerOptions } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { emit, SocketIO, type SocketIOOptions } from "roomcast";
import { onTestFinished } from "vitest";
import { SharedServer } from "../../../src/adapter/node/shared-server.ts";
import { LogLines } from "../../support/log-lines.ts";
import { soon, within } from "../../support/waiting.ts";

/** A client on a plain connection. */
export class RawClient {
  received = "";
  readonly socket: Socket;
  readonly closed: Promise<unknown>;

  constructor(port: number, sent = "") {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).setEncoding("latin1");
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.on("data", (text: string) => {
      this.received += text;
    });
    this.socket.on("end", () => this.socket.end()).on("error", () => {});
    if (sent !== "") this.send(sent);
    onTestFinished(() => void this.socket.destroy());
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Waits until this has come. */
  async gets(text: string): Promise<void> {
    await soon(() => this.received).toContain(text);
  }

  /** Waits for the end of the connection; resolves to all that has come. */
  async ends(): Promise<string> {
    await within("the end of the connection", this.closed);
    return this.received;
  }
}

export interface Serving {
  readonly server: Server;
  readonly port: number;
  readonly socketio: SocketIO;
  readonly log: LogLines;
  /** How many connections have no socket. */
  bare(): number;
  /** How many the server itself counts. */
  counted(): Promise<number>;
}

/** A server of the application's, with Roomcast attached. */
export async function serve(options: SocketIOOptions = {}, http: ServerOptions = {}): Promise<Serving> {
  const server = createServer(http, (request, response) => {
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
    });
    request.on("end", () => response.end(`${request.method} ${request.url} ${length}`));
  });
  const log = new LogLines();
  const socketio = new SocketIO({ logger: log, ...options });
  socketio.events({ echo: (text: unknown) => emit("echo", text) });
  socketio.attach(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    await socketio.stop();
    server.closeAllConnections();
    server.close();
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    socketio,
    log,
    bare: () => SharedServer.of(server).bareConnections?.size ?? 0,
    counted: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
  };
}

/** HTTP at the level of bytes, for tests where `fetch` shows or allows too little. */

import { once } from "node:events";
import { type IncomingMessage, request as requestPlainly } from "node:http";
import { request as requestSecurely } from "node:https";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { HttpServer } from "../../../src/adapter/node/node-adapter.ts";
import { certificate } from "./certificate.ts";

/** The address of a server on this machine. */
export function urlOf(server: HttpServer, host = "127.0.0.1"): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server does not listen.");
  return `http${"setSecureContext" in server ? "s" : ""}://${host}:${address.port}`;
}

/** Makes a server listen on a free port of this machine until the test ends. */
export async function listen<Server extends HttpServer>(server: Server): Promise<Server> {
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  closeAfterTest(server);
  return server;
}

/** Closes a server and its connections when the test ends. */
export function closeAfterTest(server: HttpServer): void {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly text: string;
}

/** Sends one request exactly as given, also to a server with the {@link certificate} of the tests. */
export async function ask(
  url: string,
  {
    method = "GET",
    path,
    headers = {},
    body,
  }: { method?: string; path?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const request = url.startsWith("https:") ? requestSecurely : requestPlainly;
  const target = new URL(url);
  const sent = request({
    host: target.hostname.replace(/^\[|\]$/g, ""),
    port: target.port,
    path: path ?? target.pathname + target.search,
    method,
    headers,
    agent: false,
    ...(url.startsWith("https:") && { ca: certificate.cert }),
  });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks = await response.toArray();
  const bytes = Buffer.concat(chunks as Buffer[]);
  return { status: response.statusCode ?? 0, headers: response.headers, body: bytes, text: bytes.toString() };
}

/** Requests an upgrade, and returns everything that the server sends until it closes the connection. */
export async function askForUpgrade(url: string, path: string, protocol = "websocket"): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  return Buffer.concat((await socket.toArray()) as Buffer[]).toString();
}

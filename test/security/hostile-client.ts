/** A client on a bare TCP connection, for attacks that no client library would send. */

import { createServer, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { SocketIO } from "roomcast";
import { onTestFinished } from "vitest";
import { RawSocket } from "../support/raw-client.ts";
import type { TestServer } from "../support/server.ts";
import { deadline } from "../support/waiting.ts";
import { type Answer, Wire } from "../support/wire.ts";

/** The header fields of a WebSocket handshake. */
export const upgradeFields =
  "Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** A WebSocket handshake. */
export function upgradeRequest(query = "EIO=4&transport=websocket", moreFields = ""): string {
  return `GET /socket.io/?${query} HTTP/1.1\r\n${upgradeFields}${moreFields}\r\n`;
}

/**
 * A WebSocket handshake that a test passes to a server without a network. The test plays its socket.
 *
 * @param url - the path and query
 * @param fields - header fields besides those of {@link upgradeFields}; `undefined` removes one
 */
export function upgradeInProcess(url: string, fields: Readonly<Record<string, string | undefined>> = {}) {
  const http = createServer();
  const socketio = new SocketIO(http);
  onTestFinished(() => socketio.stop());
  let written = "";
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  const request = new IncomingMessage(socket as Socket);
  const headers = Object.fromEntries(
    upgradeFields
      .trim()
      .split("\r\n")
      .map((line) => [line.split(": ", 1)[0]?.toLowerCase(), line.slice(line.indexOf(": ") + 2)]),
  );
  Object.assign(request, { method: "GET", url, headers: { ...headers, ...fields } });
  http.emit("upgrade", request, socket, Buffer.alloc(0));
  return { socket, answer: () => written };
}

/** A client's frame, whose mask changes nothing; `claimed` is the length that it announces. */
export function frame(first: number, payload: string | Uint8Array = "", claimed?: number | bigint): Buffer {
  const bytes = Buffer.from(payload as string);
  const length = claimed ?? bytes.length;
  let header = Buffer.from([first, 0x80 | Number(length)]);
  if (length > 125) {
    header = Buffer.alloc(length > 65_535 ? 10 : 4);
    header[0] = first;
    if (length > 65_535) header.writeBigUInt64BE(BigInt(length), 2);
    else header.writeUInt16BE(Number(length), 2);
    header[1] = 0x80 | (length > 65_535 ? 127 : 126);
  }
  return Buffer.concat([header, Buffer.alloc(4), bytes]);
}

/** A text message in one frame. */
export const text = (message: string): Buffer => frame(0x81, message);

/** A connection that can send any bytes. It is cut when the test ends. */
export function openWire({ port }: TestServer): Wire {
  const wire = new Wire(port);
  onTestFinished(() => wire.reset());
  return wire;
}

/** Sends bytes on a new connection and waits for the HTTP answer. */
export async function ask(
  server: TestServer,
  ...request: readonly (string | Uint8Array)[]
): Promise<Answer | undefined> {
  const wire = openWire(server);
  wire.write(...request);
  return wire.answer(deadline);
}

/** Opens a WebSocket, and sends the frames as soon as the server has accepted it. */
export async function speak(server: TestServer, ...frames: readonly Uint8Array[]): Promise<Wire> {
  const wire = openWire(server);
  wire.write(upgradeRequest());
  if (!(await wire.until((received) => received.includes('"sid"'), deadline))) {
    throw new Error(`the server answered ${JSON.stringify(wire.received)}`);
  }
  wire.write(...frames);
  return wire;
}

/** The code with which the server closes a WebSocket (RFC 6455 §7.4); 1006 where it cuts the connection. */
export async function closeCode(wire: Wire): Promise<number> {
  let code: number | undefined;
  await wire.until((received) => {
    const [, length = 0, high = 0, low = 0] = Buffer.from(
      received.slice(received.lastIndexOf("\x88")),
      "latin1",
    );
    if (!received.includes("\x88") || length < 2) return false;
    code = high * 256 + low;
    return true;
  }, deadline);
  if (code === undefined && !wire.isClosed) throw new Error("the server did not close the connection");
  return code ?? 1006;
}

/** A client that keeps to the rules, and throws when the server no longer serves it. */
export class Bystander {
  readonly #socket: RawSocket;
  readonly #server: TestServer;
  #asked = 0;

  private constructor(server: TestServer, socket: RawSocket) {
    this.#server = server;
    this.#socket = socket;
  }

  /** Connects to a server, and registers the handler that the client needs there. */
  static async join(server: TestServer): Promise<Bystander> {
    server.socketio.on("bystander", (value: unknown) => value);
    return new Bystander(server, await RawSocket.join(server.url));
  }

  /** Throws unless its next event is answered, a new client can connect, and the log has no error. */
  async isServed(): Promise<void> {
    this.#asked += 1;
    this.#socket.send(`42${this.#asked}["bystander",${this.#asked}]`);
    const answer = await this.#socket.next();
    if (answer !== `43${this.#asked}[${this.#asked}]`)
      throw new Error(`heard ${answer} for event ${this.#asked}`);
    const another = await RawSocket.join(this.#server.url);
    another.terminate();
    const faults = this.#server.log.lines.filter((line) => line.startsWith("error"));
    if (faults.length > 0) throw new Error(faults.join("\n"));
  }
}

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { CompressedWebSockets } from "../../../src/adapter/node/compressed-websocket.ts";
import { soon } from "../../support/waiting.ts";

/** A socket whose client is the test. */
class FakeSocket extends Duplex {
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

const request = {
  method: "GET",
  headers: {
    upgrade: "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
  },
} as unknown as IncomingMessage;

async function open(limits: { maxLength: number; maxFragments: number }) {
  const socket = new FakeSocket();
  const heard: unknown[] = [];
  const webSockets = await CompressedWebSockets.load(limits, {
    threshold: 1024,
    level: 6,
    contextTakeover: true,
  });
  const upgrade = { request, socket: socket as unknown as Socket, head: Buffer.alloc(0) };
  webSockets.accept(upgrade, {}, () => ({
    onText: (text) => heard.push(text),
    onBinary: (bytes) => heard.push(bytes),
    onClose: (cause) => heard.push({ cause }),
  }));
  return { socket, heard };
}

/** A client's frame whose mask changes nothing. */
function frame(first: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = first;
  header[1] = 0x80 | 126;
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

describe("a WebSocket that may compress", () => {
  it("ends with a client that sends a message byte by byte, each of which costs hundreds", async () => {
    const { socket, heard } = await open({ maxLength: 10_000, maxFragments: 100 });
    for (const byte of frame(0x82, Buffer.alloc(5000))) socket.push(Buffer.from([byte]));
    await soon(() => heard).toEqual([{ cause: "too many fragments" }]);
    socket.destroy();
  });

  it("takes a message in pieces as small as a slow network makes them", async () => {
    const { socket, heard } = await open({ maxLength: 10_000, maxFragments: 100 });
    const bytes = frame(0x82, Buffer.alloc(5000, 7));
    for (let start = 0; start < bytes.length; start += 100) socket.push(bytes.subarray(start, start + 100));
    await soon(() => heard).toEqual([Buffer.alloc(5000, 7)]);
    socket.destroy();
  });

  it("hands on a small binary message without all that came together with it", async () => {
    const { socket, heard } = await open({ maxLength: 100_000, maxFragments: 100 });
    const small = frame(0x82, Buffer.from("small"));
    socket.push(Buffer.concat([frame(0x81, Buffer.alloc(50_000, "x")), small]));
    await soon(() => heard.length).toBe(2);
    expect(heard[1]).toEqual(Buffer.from("small"));
    expect((heard[1] as Buffer).buffer.byteLength).toBeLessThan(1000);
    socket.destroy();
  });
});

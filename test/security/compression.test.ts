/**
 * Compression beside secrets. An attacker that sees the lengths of messages and chooses texts that the server
 * sends can find out a secret that is compressed together with these texts.
 */

import { args, emit, type SocketIOOptions } from "roomcast";
import { describe, expect, it } from "vitest";
import { engineUrl, PollingSession } from "../support/raw-client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { deadline } from "../support/waiting.ts";
import { frame, openWire, text, upgradeRequest } from "./hostile-client.ts";

const long = "a text that compresses well, ".repeat(100);

/** A server whose `connect` handler sends much. */
async function start(options: SocketIOOptions = {}): Promise<TestServer> {
  const server = await startServer({ recovery: true, perMessageDeflate: true, ...options });
  for (const name of ["/", "/chat"]) {
    server.socketio.namespace(name).on("connect", () => emit("state", long));
  }
  return server;
}

/** Polls as a browser does: it accepts compressed answers. */
async function poll(session: PollingSession): Promise<{ coding: string | null; body: string }> {
  const response = await session.get({ headers: { "accept-encoding": "gzip, deflate" } });
  expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
  return { coding: response.headers.get("content-encoding"), body: await response.text() };
}

describe("an answer to a poll", () => {
  it("is not compressed when it opens a namespace, and is afterwards", async () => {
    const { socketio, url } = await start();
    const session = await PollingSession.open(url, { headers: { "accept-encoding": "gzip" } });
    for (const name of ["", "/chat,"]) {
      await session.post(`40${name}`);
      const { coding, body } = await poll(session);
      expect(body).toContain('"pid"');
      expect(body).toContain(long);
      expect(coding).toBeNull();
    }
    socketio.emit("state", long);
    const { coding, body } = await poll(session);
    expect(body).toContain(long);
    expect(coding).toBe("gzip");
  });

  it("is not compressed when a client comes back and gets what it has missed", async () => {
    const { socketio, url } = await start();
    const first = await PollingSession.open(url);
    await first.post("40");
    const { body } = await poll(first);
    const [, pid = ""] = /"pid":"([^"]+)"/.exec(body) ?? [];
    const [, offset = ""] = /"([^"]+)"\]$/.exec(body) ?? [];
    // The connection breaks: its client disappears in the middle of a poll.
    const leaving = new AbortController();
    await first.wait({ signal: leaving.signal });
    leaving.abort();
    await expect.poll(() => socketio.clientCount).toBe(0);
    socketio.emit("missed", long);
    const second = await PollingSession.open(url);
    await second.post(`40${JSON.stringify({ pid, offset })}`);
    const back = await poll(second);
    expect(back.body).toContain(`"pid":"${pid}"`);
    expect(back.body).toContain('"missed"');
    expect(back.coding).toBeNull();
  });

  it("is not compressed when it opens the connection of an old client, whose handler sends at once", async () => {
    const { url } = await start({ allowEIO3: true, recovery: false });
    const response = await fetch(engineUrl(url, { EIO: "3", transport: "polling" }), {
      headers: { "accept-encoding": "gzip" },
    });
    const body = await response.text();
    expect(body).toContain('"sid"');
    expect(body).toContain(long);
    expect(response.headers.get("content-encoding")).toBeNull();
  });
});

/** The frames in the bytes of a server: whether each is compressed, and how long it is. */
function framesOf(received: string): { isCompressed: boolean; length: number }[] {
  const bytes = Buffer.from(received.slice(received.indexOf("\r\n\r\n") + 4), "latin1");
  const frames: { isCompressed: boolean; length: number }[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const header = short < 126 ? 2 : 4;
    if (at + header > bytes.length) break;
    const length = short < 126 ? short : bytes.readUInt16BE(at + 2);
    if (at + header + length > bytes.length) break;
    frames.push({ isCompressed: ((bytes[at] ?? 0) & 0x40) !== 0, length });
    at += header + length;
  }
  return frames;
}

describe("a WebSocket that compresses", () => {
  it.each<[string, SocketIOOptions, Buffer, Buffer]>([
    ["texts", {}, text("40"), text("40/chat,")],
    [
      "MessagePack",
      { parser: "msgpack" },
      frame(0x82, Buffer.from("82a47479706500a36e7370a12f", "hex")),
      frame(0x82, Buffer.from("82a47479706500a36e7370a52f63686174", "hex")),
    ],
  ])("sends what opens it and its namespaces as it is, in %s", async (_what, options, join, joinChat) => {
    const server = await start(options);
    const wire = openWire(server);
    wire.write(upgradeRequest(undefined, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    wire.write(join, joinChat);
    await wire.until((received) => framesOf(received).length === 5, deadline);
    server.socketio.emit("news", args(long, long));
    await wire.until((received) => framesOf(received).length === 6, deadline);
    // Open, connect and an event, connect and an event, news.
    expect(framesOf(wire.received).map(({ isCompressed }) => isCompressed)).toEqual([
      false,
      false,
      true,
      false,
      true,
      true,
    ]);
  });

  it("compresses each message by itself, and has its client do so", async () => {
    const server = await start();
    const wire = openWire(server);
    wire.write(upgradeRequest(undefined, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    await wire.until((received) => received.includes("\r\n\r\n"), deadline);
    expect(wire.received).toMatch(
      /sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n/i,
    );
  });
});

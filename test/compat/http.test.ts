/** The server's answers over HTTP: refusals, cookies, compression. */

import { request as httpRequest, type IncomingMessage } from "node:http";
import { gunzipSync, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { answerOf, engineUrl, PollingSession, RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { ask, connected, refused, stockClients, stockClientsOver } from "../support/stock-client.ts";
import { within } from "../support/waiting.ts";

/** A request whose answer stays compressed. */
async function get(url: string, headers: Record<string, string> = {}) {
  const response = await within(
    "the answer",
    new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(url, { headers, agent: false }, resolve).on("error", reject).end();
    }),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

describe("the transports that a server has", () => {
  it("are WebSocket alone: polling clients are refused with a clear error", async () => {
    const { url } = await startServer({ transports: ["websocket"] });
    const answer = await answerOf(await fetch(engineUrl(url, { transport: "polling" })));
    expect(answer).toEqual({ status: 400, body: { code: 0, message: "Transport unknown" } });
    for (const client of stockClientsOver("polling"))
      expect((await refused(client.open(url))).message).toBe("xhr poll error");
    for (const client of stockClientsOver("websocket")) await client.connect(url);
  });

  it("are polling alone: WebSocket clients are refused, and no client upgrades", async () => {
    const { socketio, url, trace } = await startServer({ transports: ["polling"] });
    socketio.on("echo", (value) => value);
    const { status, body } = await new RawSocket(url).refused();
    expect({ status, body }).toEqual({ status: 400, body: { code: 0, message: "Transport unknown" } });
    for (const client of stockClientsOver("websocket"))
      expect((await refused(client.open(url))).message).toBe("websocket error");
    const refusals = trace.length;
    for (const client of stockClientsOver("upgrade")) {
      const socket = client.open(url);
      await connected(socket);
      for (const value of [1, 2, 3]) expect(await ask(socket, "echo", value)).toEqual([value]);
      expect(socket.io.engine.transport.name).toBe("polling");
    }
    expect(trace.slice(refusals).filter(({ type }) => type === "request refused")).toEqual([]);
  });

  it("can be separate: without upgrades, the handshake offers none", async () => {
    const { url } = await startServer({ allowUpgrades: false });
    const session = await PollingSession.open(url);
    expect(session.handshake.upgrades).toEqual([]);
    const { sid } = session.handshake;
    expect((await new RawSocket(url, { sid }).refused()).status).toBe(400);
    for (const client of stockClientsOver("websocket")) await client.connect(url);
  });
});

describe("a request is refused", () => {
  it("of the protocol's older version, with that protocol's error", async () => {
    const { url } = await startServer();
    const expected = { status: 400, body: { code: 5, message: "Unsupported protocol version" } };
    expect(await answerOf(await fetch(engineUrl(url, { EIO: "3", transport: "polling" })))).toEqual(expected);
    const { status, body } = await new RawSocket(url, { EIO: "3" }).refused();
    expect({ status, body }).toEqual(expected);
  });

  it("as JSONP, which lets any page read the answers", async () => {
    const { url } = await startServer();
    const { status, body } = await answerOf(await fetch(engineUrl(url, { transport: "polling", j: "0" })));
    expect(status).toBe(400);
    expect(body).toMatchObject({ message: expect.stringContaining("JSONP") });
  });

  it("with a session that is unknown, or has ended", async () => {
    const { url } = await startServer();
    const expected = { status: 400, body: { code: 1, message: "Session ID unknown" } };
    const unknown = engineUrl(url, { transport: "polling", sid: "AAAAAAAAAAAAAAAAAAAA" });
    expect(await answerOf(await fetch(unknown))).toEqual(expected);
    expect(await answerOf(await fetch(unknown, { method: "POST", body: "3" }))).toEqual(expected);
    const session = await PollingSession.join(url);
    await session.post("1");
    expect(await answerOf(await session.get())).toEqual(expected);
  });

  it("below the path, where no resource exists", async () => {
    const { url } = await startServer();
    expect((await fetch(`${url}/socket.io/nothing.js`)).status).toBe(404);
    expect((await fetch(`${url}/somewhere/else`)).status).toBe(404);
  });

  it("with a different path", async () => {
    const { url } = await startServer({ path: "/live" });
    expect((await fetch(engineUrl(url, { transport: "polling" }))).status).toBe(404);
    for (const client of stockClients) {
      const socket = client.open(url, { path: "/live" });
      await connected(socket);
    }
  });
});

describe("the cookie", () => {
  it("is not set by default", async () => {
    const { url } = await startServer();
    const { headers, body } = await get(engineUrl(url, { transport: "polling" }));
    PollingSession.of(url, body.toString());
    expect(headers["set-cookie"]).toBeUndefined();
  });

  it.each([
    { title: "true", cookie: true, expected: (sid: string) => `io=${sid}; Path=/; HttpOnly; SameSite=Lax` },
    {
      title: "a name",
      cookie: "node",
      expected: (sid: string) => `node=${sid}; Path=/; HttpOnly; SameSite=Lax`,
    },
    {
      title: "attributes",
      cookie: { name: "node", path: "/live", maxAge: 60, sameSite: "strict", secure: true } as const,
      expected: (sid: string) => `node=${sid}; Max-Age=60; Path=/live; HttpOnly; Secure; SameSite=Strict`,
    },
  ])("carries the connection's id ($title)", async ({ cookie, expected }) => {
    const { url } = await startServer({ cookie });
    const response = await get(engineUrl(url, { transport: "polling" }));
    const { sid } = PollingSession.of(url, response.body.toString()).handshake;
    expect(response.headers["set-cookie"]).toEqual([expected(sid)]);
    const { socket, handshake } = await RawSocket.open(url);
    expect(socket.response?.headers["set-cookie"]).toEqual([expected(handshake.sid)]);
  });

  it("comes with the first answer alone", async () => {
    const { socketio, url } = await startServer({ cookie: true });
    const session = await PollingSession.join(url);
    socketio.emit("news");
    expect((await session.get()).headers.has("set-cookie")).toBe(false);
  });

  it("disturbs no client", async () => {
    const { url } = await startServer({ cookie: true });
    for (const client of stockClients) await client.connect(url, { withCredentials: true });
  });
});

describe("answers over polling", () => {
  const large = "compress me ".repeat(1000);

  /** The answer that a client gets for an event with this text. */
  async function news(options: object, text: string, headers: Record<string, string>, emitOptions = {}) {
    const { socketio, url } = await startServer(options);
    const session = await PollingSession.join(url);
    socketio.emit("news", text, emitOptions);
    const answer = await get(session.url, headers);
    return { ...answer, expected: `42["news","${text}"]` };
  }

  it("are compressed when they are large enough", async () => {
    const { headers, body, expected } = await news({}, large, { "accept-encoding": "gzip, deflate, br" });
    expect(headers["content-encoding"]).toBe("gzip");
    expect(Number(headers["content-length"])).toBe(body.length);
    expect(body.length).toBeLessThan(expected.length / 5);
    expect(gunzipSync(body).toString()).toBe(expected);
  });

  it("are compressed with a coding that the client accepts", async () => {
    const { headers, body, expected } = await news({}, large, { "accept-encoding": "gzip;q=0, deflate" });
    expect(headers["content-encoding"]).toBe("deflate");
    expect(inflateSync(body).toString()).toBe(expected);
  });

  it.each([
    { title: "are short", options: {}, text: "short", accept: "gzip", emitOptions: {} },
    {
      title: "are below the threshold",
      options: { compressionThreshold: 50_000 },
      text: large,
      accept: "gzip",
      emitOptions: {},
    },
    { title: "go to a client that cannot take it", options: {}, text: large, accept: "br", emitOptions: {} },
    {
      title: "have compression switched off",
      options: { httpCompression: false },
      text: large,
      accept: "gzip",
      emitOptions: {},
    },
    { title: "are not worth it", options: {}, text: large, accept: "gzip", emitOptions: { compress: false } },
  ])("are not compressed when they $title", async ({ options, text, accept, emitOptions }) => {
    const { headers, body, expected } = await news(options, text, { "accept-encoding": accept }, emitOptions);
    expect(headers["content-encoding"]).toBeUndefined();
    expect(body.toString()).toBe(expected);
  });

  it("are compressed from the threshold on", async () => {
    const { headers } = await news({ compressionThreshold: 20 }, "forty characters, but not more than that", {
      "accept-encoding": "gzip",
    });
    expect(headers["content-encoding"]).toBe("gzip");
  });
});

describe("messages over WebSocket", () => {
  it("are compressed where both sides want it", async () => {
    const { socketio, url } = await startServer({ perMessageDeflate: true });
    socketio.on("echo", (...values) => values);
    const { socket } = await RawSocket.open(url);
    expect(socket.response?.headers["sec-websocket-extensions"]).toContain("permessage-deflate");
    const values = ["x".repeat(5000), Buffer.alloc(5000), 1];
    for (const client of stockClientsOver("websocket"))
      expect(await ask(await client.connect(url), "echo", ...values)).toEqual([values]);
  });

  it("are not compressed by default", async () => {
    const { url } = await startServer();
    const { socket } = await RawSocket.open(url);
    expect(socket.response?.headers["sec-websocket-extensions"]).toBeUndefined();
  });
});

/** Allowed origins: the same-origin rule on both transports, its exceptions, and `allowRequest`. */

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CorsOptions, SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { answerOf, engineUrl, PollingSession, RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { refused, stockClients } from "../support/stock-client.ts";

const foreign = "https://elsewhere.example";

/** Whether pages of an origin may connect over each transport. */
async function allows(url: string, origin: string): Promise<{ polling: boolean; websocket: boolean }> {
  const headers = { origin };
  const session = await PollingSession.open(url, { headers }).catch(() => null);
  const socket = new RawSocket(url, {}, { headers });
  const websocket = await Promise.race([socket.next().then(() => true), socket.refused().then(() => false)]);
  return { polling: session !== null, websocket };
}

const both = { polling: true, websocket: true };
const neither = { polling: false, websocket: false };

describe("pages of other origins", () => {
  it("are refused on both transports, and the log says how to let them in", async () => {
    const { url, log } = await startServer();
    const refusal = { status: 403, body: { code: 4, message: "Origin not allowed" } };
    const headers = { origin: foreign };
    const response = await fetch(engineUrl(url, { transport: "polling" }), { headers });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(await answerOf(response)).toEqual(refusal);
    expect(await new RawSocket(url, {}, { headers }).refused()).toMatchObject(refusal);
    const warnings = log.lines.filter((line) => line.startsWith("warn"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`cors: { origin: "${foreign}" }`);
  });

  it("cannot use an open session either", async () => {
    const { url } = await startServer();
    const session = await PollingSession.join(url);
    const headers = { origin: foreign };
    expect((await session.get({ headers })).status).toBe(403);
    expect((await session.post("3", { headers })).status).toBe(403);
    const { sid } = session.handshake;
    expect((await new RawSocket(url, { sid }, { headers }).refused()).status).toBe(403);
    expect((await session.post("3")).status).toBe(200);
  });

  it("are not confused with the server's own, or with a request that comes from no page", async () => {
    const { url, port } = await startServer();
    expect(await allows(url, url)).toEqual(both);
    expect(await allows(url, `http://127.0.0.1:${port + 1}`)).toEqual(neither);
    expect(await allows(url, `http://127.0.0.1.elsewhere.example:${port}`)).toEqual(neither);
    expect(await allows(url, "null")).toEqual(neither);
    await PollingSession.open(url);
  });

  it("may name the server's own origin with ws: or wss:, as some programs do", async () => {
    const { url, port } = await startServer();
    expect(await allows(url, url.replace("http", "ws"))).toEqual(both);
    expect(await allows(url, `wss://elsewhere.example:${port}`)).toEqual(neither);
  });

  it("are compared with the host that a trusted proxy names", async () => {
    const proxied = {
      origin: "https://shop.example",
      "x-forwarded-host": "shop.example",
      "x-forwarded-proto": "https",
    };
    for (const [trustedProxies, status] of [
      [["127.0.0.1"], 200],
      [["10.0.0.1"], 403],
      [[], 403],
    ] as const) {
      const { url } = await startServer({ trustedProxies });
      const response = await fetch(engineUrl(url, { transport: "polling" }), { headers: proxied });
      expect([trustedProxies, response.status]).toEqual([trustedProxies, status]);
    }
  });

  it("are let in through a proxy on a Unix socket that is trusted", async () => {
    const folder = await mkdtemp(join(tmpdir(), "roomcast-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const server = createServer();
    const socketio = new SocketIO(server, { trustedProxies: ["unix:"] });
    onTestFinished(() => socketio.stop());
    const addresses: string[] = [];
    socketio.trace((event) => event.type === "connection open" && addresses.push(event.address));
    const socketPath = join(folder, "server");
    await once(server.listen(socketPath), "listening");
    onTestFinished(() => void server.close());
    const headers = {
      origin: "https://shop.example",
      host: "inner",
      "x-forwarded-for": "203.0.113.7",
      "x-forwarded-host": "shop.example",
    };
    const path = "/socket.io/?EIO=4&transport=polling";
    const [response] = await once(get({ socketPath, path, headers, agent: false }), "response");
    response.resume();
    expect([response.statusCode, addresses]).toEqual([200, ["203.0.113.7"]]);
  });

  it("must be listed in a form that a page can have, or the server does not start", () => {
    const start = (origin: CorsOptions["origin"]) => () => new SocketIO({ cors: { origin } });
    expect(start("https://*.example.com")).toThrow(/cors\.origin .*"https:\/\/\*\.example\.com".* pattern/);
    expect(start(["https://example.com", "example.com"])).toThrow(
      expect.objectContaining({ code: "ERR_OPTION" }),
    );
    expect(start(["https://Example.com:443/", "null"])).not.toThrow();
  });

  const rules: { title: string; origin: CorsOptions["origin"]; yes: string[]; no: string[] }[] = [
    { title: "a name", origin: foreign, yes: [foreign], no: [`${foreign}:8080`, "http://elsewhere.example"] },
    {
      title: "a list",
      origin: ["https://a.example", /^https:\/\/\w+\.b\.example$/],
      yes: ["https://a.example", "https://x.b.example"],
      no: ["https://b.example", "https://a.example.evil.example"],
    },
    { title: "a pattern", origin: /\.example$/, yes: [foreign], no: ["https://example.com"] },
    {
      title: "a function",
      origin: (origin, request) => origin === foreign && request.query.has("EIO"),
      yes: [foreign],
      no: ["https://other.example"],
    },
    { title: "an asterisk", origin: "*", yes: [foreign, "null"], no: [] },
  ];

  it.each(rules)("are let in by $title", async ({ origin, yes, no }) => {
    const { url } = await startServer({ cors: { origin } });
    for (const page of yes) expect([page, await allows(url, page)]).toEqual([page, both]);
    for (const page of no) expect([page, await allows(url, page)]).toEqual([page, neither]);
    expect(await allows(url, url)).toEqual(both);
  });

  it("get the header fields that let browsers read the answer", async () => {
    const { url } = await startServer({ cors: { origin: [foreign], credentials: true } });
    const headers = { origin: foreign };
    const response = await fetch(engineUrl(url, { transport: "polling" }), { headers });
    PollingSession.of(url, await response.text());
    expect(response.headers.get("access-control-allow-origin")).toBe(foreign);
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect(response.headers.get("vary")).toBe("Origin");
    // A page may read a refusal as well.
    const refusal = await fetch(engineUrl(url, { transport: "polling", sid: "none" }), { headers });
    expect([refusal.status, refusal.headers.get("access-control-allow-origin")]).toEqual([400, foreign]);
    const post = await fetch(engineUrl(url, { transport: "polling" }), { method: "POST", headers });
    expect([post.status, post.headers.get("access-control-allow-origin")]).toEqual([400, foreign]);
  });

  it("get no credentials unless the server says so", async () => {
    const { url } = await startServer({ cors: { origin: "*" } });
    const headers = { origin: foreign };
    const response = await fetch(engineUrl(url, { transport: "polling" }), { headers });
    PollingSession.of(url, await response.text());
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  });

  it("send a preflight request, and get an answer", async () => {
    const { url } = await startServer({
      cors: { origin: foreign, credentials: true, allowedHeaders: ["x-token"], maxAge: 600 },
    });
    const preflight = (origin: string) =>
      fetch(engineUrl(url, { transport: "polling" }), {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "x-token",
        },
      });
    const response = await preflight(foreign);
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": foreign,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "content-type,x-token",
      "access-control-max-age": "600",
      vary: "Origin",
    });
    const stranger = await preflight("https://other.example");
    expect(stranger.headers.get("access-control-allow-origin")).toBeNull();
  });

  it.each(stockClients)("are refused and let in with %s", async (client) => {
    const strict = await startServer();
    const open = await startServer({ cors: { origin: foreign } });
    const options = { extraHeaders: { origin: foreign } };
    const message = client.transport === "websocket" ? "websocket error" : "xhr poll error";
    expect((await refused(client.open(strict.url, options))).message).toBe(message);
    expect((await client.connect(open.url, options)).connected).toBe(true);
  });
});

describe("allowRequest", () => {
  const rules: { title: string; allowRequest: NonNullable<SocketIOOptions["allowRequest"]> }[] = [
    { title: "says no", allowRequest: () => false },
    { title: "says no after a while", allowRequest: () => new Promise((r) => setImmediate(r, false)) },
    {
      title: "throws",
      allowRequest: () => {
        throw new Error("the secret of the house");
      },
    },
    { title: "rejects", allowRequest: () => Promise.reject(new Error("the secret of the house")) },
  ];

  it.each(rules)("refuses a client when it $title", async ({ title, allowRequest }) => {
    const { url, log } = await startServer({ allowRequest });
    const refusal = { status: 403, body: { code: 4, message: "Forbidden" } };
    expect(await answerOf(await fetch(engineUrl(url, { transport: "polling" })))).toEqual(refusal);
    const { status, body } = await new RawSocket(url).refused();
    expect({ status, body }).toEqual(refusal);
    expect(log.lines.join().includes("the secret of the house")).toBe(!title.startsWith("says"));
  });

  it.each(stockClients)("decides by the request over %s", async (client) => {
    const { url } = await startServer({
      allowRequest: async ({ headers, query }) => headers["x-token"] === "right" && query.get("room") === "1",
    });
    const wrong = { extraHeaders: { "x-token": "wrong" }, query: { room: "1" } };
    const right = { extraHeaders: { "x-token": "right" }, query: { room: "1" } };
    const message = client.transport === "websocket" ? "websocket error" : "xhr poll error";
    expect((await refused(client.open(url, wrong))).message).toBe(message);
    expect((await client.connect(url, right)).connected).toBe(true);
  });

  it("is asked once for each connection, not for each of its requests", async () => {
    let asked = 0;
    const { url } = await startServer({
      allowRequest: () => {
        asked += 1;
        return true;
      },
    });
    for (const client of stockClients) await client.connect(url);
    expect(asked).toBe(stockClients.length);
  });
});

/** Allowed hosts. A foreign page whose host name resolves to this machine would look like the same origin. */

import { get } from "node:http";
import express from "express";
import { SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { LogLines } from "../support/log-lines.ts";
import { PollingSession, RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";

const polling = "/socket.io/?EIO=4&transport=polling";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A request with header fields that `fetch` would not send. */
function ask(port: number, headers: Record<string, string>, path = polling): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = get({ host: "127.0.0.1", port, path, headers, agent: false }, (incoming) => {
      let body = "";
      incoming.on("data", (piece) => {
        body += piece;
      });
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
      );
    });
    outgoing.on("error", reject);
  });
}

/** Whether requests for a host may connect over each transport, as a page of that host and as a program. */
async function allows(port: number, host: string): Promise<boolean[]> {
  const origin = `http://${host}`;
  const url = `http://127.0.0.1:${port}`;
  const verdicts: boolean[] = [];
  for (const headers of [{ host }, { host, origin }]) {
    verdicts.push((await ask(port, headers)).status === 200);
    const socket = new RawSocket(url, {}, { headers });
    verdicts.push(await Promise.race([socket.next().then(() => true), socket.refused().then(() => false)]));
  }
  return verdicts;
}

const all = [true, true, true, true];
const none = [false, false, false, false];

describe("a server that listens on this machine alone", () => {
  it("accepts localhost and addresses as its host, and no other name, and the log says how to change that", async () => {
    const { port, log, socketio } = await startServer();
    for (const host of [
      `localhost:${port}`,
      `127.0.0.1:${port}`,
      `[::1]:${port}`,
      "app.localhost",
      "192.168.1.5:8080",
    ])
      expect([host, await allows(port, host)]).toEqual([host, all]);
    expect(await allows(port, `evil.example:${port}`)).toEqual(none);
    expect(await ask(port, { host: `evil.example:${port}` })).toMatchObject({
      status: 403,
      body: '{"code":4,"message":"Host not allowed: the option allowedHosts does not name it"}',
    });
    const warnings = log.lines.filter((line) => line.startsWith("warn"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`"evil.example:${port}"`);
    expect(warnings[0]).toContain('new SocketIO(app, { allowedHosts: ["evil.example"] })');
    expect(warnings[0]).toContain('new SocketIO(app, { trustedProxies: ["127.0.0.1"] })');
    expect(socketio.stats().refused.hostForbidden).toBe(5);
  });

  it("refuses requests for an open session under another name", async () => {
    const { port, url } = await startServer();
    const { handshake } = await PollingSession.open(url);
    const path = `${polling}&sid=${handshake.sid}`;
    expect((await ask(port, { host: "evil.example" }, path)).status).toBe(403);
    const headers = { host: "evil.example" };
    expect((await new RawSocket(url, { sid: handshake.sid }, { headers }).refused()).status).toBe(403);
  });

  it("ignores the proxy header fields that a foreign page sends", async () => {
    const { port } = await startServer();
    const headers = { host: "evil.example", "x-forwarded-for": "127.0.0.1", "x-forwarded-host": "localhost" };
    expect((await ask(port, headers)).status).toBe(403);
  });

  it.each<[string, SocketIOOptions, string]>([
    ["is named", { allowedHosts: "chat.example" }, "chat.example:8443"],
    ["is below a name", { allowedHosts: [".chat.example"] }, "www.chat.example"],
    ["is any", { allowedHosts: "*" }, "whatever.example"],
    ["is a proxy's, which is trusted", { trustedProxies: ["127.0.0.1"] }, "chat.example"],
  ])("accepts a name that %s", async (_what, options, host) => {
    const { port } = await startServer(options);
    expect(await allows(port, host)).toEqual(all);
    expect(await allows(port, `127.0.0.1:${port}`)).toEqual(all);
  });

  it("accepts the site's name behind nginx, which passes Host on, and the name of a development server", async () => {
    const { port } = await startServer({ trustedProxies: ["127.0.0.1"] });
    const proxied = { host: "chat.example", origin: "https://chat.example", "x-forwarded-proto": "https" };
    expect((await ask(port, { ...proxied, "x-forwarded-for": "203.0.113.7" })).status).toBe(200);
    const direct = await startServer();
    const host = "localhost:5173";
    expect(
      (await ask(direct.port, { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" })).status,
    ).toBe(200);
  });

  it("is checked, too, where an application listens with it", async () => {
    const app = express();
    const socketio = new SocketIO(app, { logger: new LogLines() });
    const server = app.listen(0, "localhost");
    socketio.attach(server);
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(async () => {
      await socketio.stop();
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const url = typeof address === "object" && address?.family === "IPv6" ? "::1" : "127.0.0.1";
    const status = (host: string) =>
      new Promise((resolve) => {
        get({ host: url, port, path: polling, headers: { host } }, (incoming) =>
          resolve(incoming.resume().statusCode),
        );
      });
    expect([await status("localhost"), await status("evil.example")]).toEqual([200, 403]);
  });
});

describe("a server that other machines reach", () => {
  it("accepts any name, as in a container or a network at home", async () => {
    const { port, log } = await startServer({}, { host: "0.0.0.0" });
    for (const host of ["chat.example", "my-laptop.local:5000", "localhost", "192.168.1.5:5000"])
      expect([host, await allows(port, host)]).toEqual([host, all]);
    expect(log.lines.filter((line) => line.startsWith("warn"))).toEqual([]);
  });

  it("accepts only the names that the application lists, if it does", async () => {
    const { port, log } = await startServer({ allowedHosts: ["chat.example"] }, { host: "0.0.0.0" });
    expect(await allows(port, "chat.example")).toEqual(all);
    expect(await allows(port, "192.168.1.5:5000")).toEqual(all);
    expect(await allows(port, "evil.example")).toEqual(none);
    expect(log.lines.find((line) => line.startsWith("warn"))).toContain(
      "which the option allowedHosts does not name",
    );
  });

  it("rejects a list with an invalid name", () => {
    expect(() => new SocketIO({ allowedHosts: ["https://chat.example"] })).toThrow(/allowedHosts/);
    expect(() => new SocketIO({ allowedHosts: "chat.example:80" })).toThrow(/without scheme and port/);
  });
});

describe("a request through an embed or a link of a page", () => {
  it.each(["cross-site", "same-site"])("opens no connection from another site: %s", async (site) => {
    const { port, socketio, log, url } = await startServer();
    const { handshake } = await PollingSession.open(url);
    const before = socketio.stats().connections;
    const headers = { host: `127.0.0.1:${port}`, "sec-fetch-site": site, "sec-fetch-mode": "no-cors" };
    expect(await ask(port, headers)).toMatchObject({
      status: 403,
      body: '{"code":4,"message":"Origin not allowed"}',
    });
    expect((await ask(port, headers, `${polling}&sid=${handshake.sid}`)).status).toBe(403);
    expect(socketio.stats().connections).toBe(before);
    expect(log.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    // Pages of any site may embed the client's script.
    expect((await ask(port, headers, "/socket.io/socket.io.js")).status).toBe(200);
  });

  it.each(["same-origin", "none", ""])(
    "is served where it is the server's own, or the visitor's wish: %j",
    async (site) => {
      const { port } = await startServer();
      expect((await ask(port, { host: `127.0.0.1:${port}`, "sec-fetch-site": site })).status).toBe(200);
    },
  );

  it("is served if pages of all origins may connect, and if its own origin is listed", async () => {
    const open = await startServer({ cors: { origin: "*" } });
    expect((await ask(open.port, { "sec-fetch-site": "cross-site" })).status).toBe(200);
    const origin = "https://app.example";
    const named = await startServer({ cors: { origin } });
    expect((await ask(named.port, { origin, "sec-fetch-site": "cross-site" })).status).toBe(200);
    expect((await ask(named.port, { "sec-fetch-site": "cross-site" })).status).toBe(403);
  });
});

describe("every answer", () => {
  it("tells browsers not to guess its type", async () => {
    const { port, url } = await startServer();
    const { handshake } = await PollingSession.open(url);
    const host = `127.0.0.1:${port}`;
    const paths = [
      polling,
      `${polling}&sid=${handshake.sid}x`,
      "/socket.io/?EIO=4&transport=unknown",
      "/socket.io/socket.io.js",
      "/socket.io/socket.io.js.map",
      "/elsewhere",
      `${polling}&x=${"x".repeat(5000)}`,
    ];
    for (const path of paths)
      expect([path, (await ask(port, { host }, path)).headers["x-content-type-options"]]).toEqual([
        path,
        "nosniff",
      ]);
    const tag = String((await ask(port, { host }, "/socket.io/socket.io.js")).headers.etag);
    const unchanged = await ask(port, { host, "if-none-match": tag }, "/socket.io/socket.io.js");
    expect([unchanged.status, unchanged.headers["x-content-type-options"]]).toEqual([304, "nosniff"]);
    const refused = await ask(
      port,
      { host, connection: "Upgrade", upgrade: "websocket" },
      "/socket.io/?EIO=4",
    );
    expect([refused.status, refused.headers["x-content-type-options"]]).toEqual([400, "nosniff"]);
    const preflight = await fetch(url + polling, { method: "OPTIONS" });
    expect(preflight.headers.get("x-content-type-options")).toBe("nosniff");
    const posted = await fetch(`${url}${polling}&sid=${handshake.sid}`, {
      method: "POST",
      body: "x".repeat(1_000_001),
    });
    expect([posted.status, posted.headers.get("x-content-type-options")]).toEqual([413, "nosniff"]);
  });
});

/** `roomcast doctor` against set-ups that are broken on purpose: it names the cause of each. */

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SocketIO } from "roomcast";
import { Server, type ServerOptions } from "socket.io";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificate } from "../runtime/support/certificate.ts";
import { expiredCertificate, otherCertificate } from "../support/broken-certificates.ts";
import { runCommandLine } from "../support/command-line.ts";
import { freePort } from "../support/free-port.ts";
import { Nginx } from "../support/nginx-sites.ts";
import { type SocketServer, startSocketServers } from "../support/socket-servers/socket-servers.ts";

const folder = mkdtempSync(join(tmpdir(), "roomcast-doctor-"));
const stops: (() => unknown)[] = [];
const withNginx = !process.env.ROOMCAST_SKIP_NGINX;
let servers: readonly SocketServer[];
let nginx: Nginx;
/** Socket.IO 4 with settings of its own. */
let live: string;
let strict: string;
/** Roomcast with a fast heartbeat. */
let fast: string;

const upgrade = `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_field;`;
const host = "proxy_set_header Host $http_host;";

beforeAll(async () => {
  servers = await startSocketServers();
  live = await startStock({ path: "/api/socket.io/" });
  strict = await startStock({ cors: { origin: "https://app.example", credentials: true } });
  const second = await startStock();
  const socketio = new SocketIO({
    pingInterval: 2500,
    pingTimeout: 2000,
    logger: { info() {}, warn() {}, error() {} },
  });
  stops.push(() => socketio.stop());
  fast = (await socketio.run({ port: 0 })).url;
  if (!withNginx) return;
  const [roomcast, stock] = [urlOf("roomcast"), urlOf("socket.io 4")];
  nginx = await Nginx.start({
    shared: `
      map $http_upgrade $connection_field { default upgrade; "" ""; }
      proxy_cache_path FOLDER/cache keys_zone=polls:1m;
      upstream turn { server ${stock.slice(7)}; server ${second.slice(7)}; }
      upstream hashed { ip_hash; server ${stock.slice(7)}; server ${second.slice(7)}; }`,
    sites: {
      healthy: `location / { proxy_pass ${stock}; ${upgrade} ${host} }`,
      roomcast: `location / { proxy_pass ${roomcast}; ${upgrade} ${host} }`,
      buffering: `location / { proxy_pass ${stock}; ${upgrade} ${host} proxy_buffering on; proxy_buffers 8 64k; }`,
      "no upgrade": `location / { proxy_pass ${stock}; ${host} }`,
      "no upgrade to roomcast": `location / { proxy_pass ${roomcast}; ${host} }`,
      "no host": `location / { proxy_pass ${roomcast}; ${upgrade} }`,
      "other host": `location / { proxy_pass ${roomcast}; ${upgrade} proxy_set_header Host internal.example; }`,
      "short timeout": `location / { proxy_pass ${fast}; ${upgrade} ${host} proxy_read_timeout 1s; }`,
      "in turn": `location / { proxy_pass http://turn; ${upgrade} ${host} }`,
      "by address": `location / { proxy_pass http://hashed; ${upgrade} ${host} }`,
      "small bodies": `client_max_body_size 1k; location / { proxy_pass ${stock}; ${upgrade} ${host} }`,
      "no websocket": `location / { if ($http_upgrade) { return 403; } proxy_pass ${stock}; ${upgrade} ${host} }`,
      "cors twice": `location / { proxy_pass ${strict}; ${upgrade} ${host} add_header Access-Control-Allow-Origin "*" always; }`,
      redirect: "location / { return 301 https://chat.example$request_uri; }",
      "no upstream": `location / { proxy_pass http://127.0.0.1:${await freePort()}; }`,
      "no post": `location / { limit_except GET { deny all; } proxy_pass ${stock}; ${upgrade} ${host} }`,
      login: `location / { auth_basic "staff"; auth_basic_user_file FOLDER/none; proxy_pass ${stock}; }`,
      page: 'location / { default_type text/html; return 200 "<!doctype html><title>My app</title>"; }',
      cache: `location / { proxy_pass ${stock}; ${upgrade} ${host} proxy_cache polls; proxy_cache_valid 200 1m; proxy_ignore_headers Cache-Control; proxy_cache_key $request_uri; }`,
    },
  });
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await nginx?.stop();
  await Promise.all([...servers.map((server) => server.stop()), ...stops.map((stop) => stop())]);
});

function urlOf(name: string): string {
  const url = servers.find((server) => server.name === name)?.url;
  if (url === undefined) throw new Error(`${name} does not run.`);
  return url;
}

async function startStock(options: Partial<ServerOptions> = {}): Promise<string> {
  const http = createServer((_, response) => response.writeHead(404).end("Cannot GET"));
  const io = new Server(http, options);
  stops.push(() => io.close());
  return listen(http);
}

async function listen(server: TcpServer): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server of HTTP that is no Socket.IO. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  stops.push(() => server.close());
  return listen(server);
}

async function serveSecurely(pair: { key: string; cert: string }): Promise<string> {
  const server = createSecureServer(pair);
  const io = new Server(server);
  stops.push(() => io.close());
  return (await listen(server)).replace("http:", "https:").replace("127.0.0.1", "localhost");
}

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Examined {
  readonly code: number;
  /** The codes of faults and warnings. */
  readonly problems: readonly string[];
  readonly findings: readonly {
    code: string;
    verdict: string;
    saw: string;
    means?: string;
    mend?: string[];
  }[];
}

async function examine(url: string, ...flags: string[]): Promise<Examined> {
  const { code, lines, errors } = await runCommandLine([
    "doctor",
    url,
    "--json",
    "--timeout",
    "3s",
    ...flags,
  ]);
  expect(errors).toBe("");
  const findings = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "finding");
  const problems = findings.filter(({ verdict }) => verdict === "fault" || verdict === "warning");
  return { code, findings, problems: problems.map((finding) => finding.code) };
}

describe("servers as they should be", () => {
  it.each([
    ["roomcast", "Roomcast, by its answers"],
    ["socket.io 4", "Socket.IO 3 or 4, by its answers"],
  ])("finds nothing wrong with %s", async (name, words) => {
    const { code, problems, findings } = await examine(urlOf(name));
    expect([code, problems]).toEqual([0, []]);
    expect(findings.find((finding) => finding.code === "server")?.saw).toContain(words);
    expect(findings.map((finding) => finding.code)).toEqual(
      expect.arrayContaining([
        "reachable",
        "handshake",
        "sessions",
        "body-size",
        "websocket",
        "upgrade",
        "namespace",
      ]),
    );
  });

  it.skipIf(process.env.ROOMCAST_SKIP_PYTHON)(
    "tells python-socketio, and that it has no WebSocket",
    async () => {
      const { code, problems, findings } = await examine(urlOf("python-socketio"));
      expect([code, problems]).toEqual([0, []]);
      expect(findings.find((finding) => finding.code === "websocket-off")?.mend).toEqual([
        "pip install simple-websocket",
      ]);
    },
  );

  it.runIf(withNginx).each(["healthy", "roomcast", "buffering", "by address"])(
    "finds nothing wrong with nginx: %s",
    async (site) => {
      const { code, problems, findings } = await examine(nginx.url(site));
      expect([code, problems]).toEqual([0, []]);
      expect(findings.find((finding) => finding.code === "server")?.saw).toContain("answered by nginx");
    },
  );

  it("lets a page of an allowed origin in", async () => {
    const { code, findings } = await examine(strict, "--origin", "https://app.example");
    expect(code).toBe(0);
    expect(findings.map((finding) => finding.code)).toContain("origin");
  });

  it("prints for people", async () => {
    const { lines } = await runCommandLine(["doctor", urlOf("roomcast")]);
    expect(lines[0]).toMatch(/^✓ address {7}127\.0\.0\.1, port \d+ is open$/);
    expect(lines.at(-1)).toBe("Nothing is wrong.");
  });
});

describe.runIf(withNginx)("behind nginx", () => {
  it.each([
    ["no upgrade", ["upgrade-dropped"], []],
    ["no upgrade to roomcast", ["upgrade-dropped"], []],
    ["no host", ["host-changed"], []],
    ["other host", ["host-refused"], []],
    ["short timeout", ["idle-timeout", "idle-timeout"], ["--patient"]],
    ["in turn", ["not-sticky"], []],
    ["small bodies", ["body-limit"], []],
    ["no websocket", ["websocket-forbidden"], []],
    ["cors twice", ["cors-twice"], ["--origin", "https://app.example"]],
    ["redirect", ["redirect"], []],
    ["no upstream", ["no-upstream"], []],
    ["no post", ["post-refused"], []],
    ["login", ["login-needed"], []],
    ["page", ["no-socketio"], []],
    ["cache", ["cached"], []],
  ])("names the cause: %s", async (site, expected, flags) => {
    const { code, problems, findings } = await examine(nginx.url(site), ...flags);
    expect(problems.filter((problem) => problem !== "upgrade-failed")).toEqual(
      expect.arrayContaining(expected),
    );
    expect(problems[0]).toBe(expected[0]);
    expect(code).toBe(expected[0] === "body-limit" ? 0 : 1);
    expect(findings.find((finding) => finding.code === expected[0])?.means).toMatch(/\.$/);
  });

  it("gives the lines that mend it", async () => {
    const { lines } = await runCommandLine(["doctor", nginx.url("no upgrade")]);
    const at = lines.findIndex((line) => line.startsWith("✗ WebSocket"));
    expect(lines.slice(at + 2, at + 5).map((line) => line.trim())).toEqual([
      "proxy_http_version 1.1;",
      "proxy_set_header Upgrade $http_upgrade;",
      'proxy_set_header Connection "upgrade";',
    ]);
    expect(lines.at(-1)).toBe("1 fault");
  });
});

describe("without a proxy", () => {
  it("names an old server", async () => {
    expect((await examine(urlOf("socket.io 2"))).problems).toEqual(["eio3-only"]);
  });

  it("names a new server that an old client does not get into", async () => {
    expect((await examine(urlOf("roomcast"), "--eio", "3")).problems).toContain("eio4-only");
  });

  it("finds the path", async () => {
    const { problems, findings } = await examine(live);
    expect(problems).toEqual(["wrong-path"]);
    expect(findings.at(-1)?.mend).toEqual([`io("${live}", { path: "/api/socket.io/" })`]);
    expect((await examine(live, "--path", "/api/socket.io")).problems).toEqual([]);
  });

  it.each([
    ["socket.io 4", "cors-missing"],
    ["roomcast", "origin-refused"],
    ...(process.env.ROOMCAST_SKIP_PYTHON ? [] : [["python-socketio", "origin-refused"]]),
  ])("names the origin that %s does not let in", async (name, expected) => {
    const { problems, findings } = await examine(urlOf(name), "--origin", "https://app.example");
    expect(problems).toEqual([expected]);
    expect(findings.at(-1)?.mend?.[0] ?? findings.find(({ code }) => code === expected)?.mend?.[0]).toContain(
      "https://app.example",
    );
  });

  it("names an origin that is not equal to the letter", async () => {
    expect((await examine(strict, "--origin", "http://app.example")).problems).toEqual(["cors-other"]);
  });

  it.each(["roomcast", "socket.io 4", ...(process.env.ROOMCAST_SKIP_PYTHON ? [] : ["python-socketio"])])(
    "names what keeps a client from a namespace of %s",
    async (name) => {
      expect((await examine(`${urlOf(name)}/nowhere`)).problems).toEqual(["namespace-missing"]);
      expect((await examine(`${urlOf(name)}/private`)).problems).toEqual(["auth-refused"]);
      expect((await examine(`${urlOf(name)}/private`, "--auth", '{"token":"secret"}')).problems).toEqual([]);
    },
  );

  it("says that nothing listens", async () => {
    const { code, problems } = await examine(`localhost:${await freePort()}`);
    expect([code, problems]).toEqual([2, ["port-closed"]]);
  });

  it("names an expired certificate, and goes on", async () => {
    const ca = fileOf("expired.pem", expiredCertificate.cert);
    const { problems, findings } = await examine(await serveSecurely(expiredCertificate), "--ca", ca);
    expect(problems.filter((problem) => problem !== "address-closed")).toEqual(["certificate-expired"]);
    expect(findings.map((finding) => finding.code)).toContain("websocket");
  });

  it("names a certificate for another name, and one that nothing vouches for", async () => {
    const url = await serveSecurely(otherCertificate);
    const ca = fileOf("other.pem", otherCertificate.cert);
    expect((await examine(url, "--ca", ca)).problems).toContain("certificate-name");
    expect((await examine(await serveSecurely(certificate))).problems).toContain("certificate-untrusted");
  });

  it("accepts a good certificate", async () => {
    const ca = fileOf("good.pem", certificate.cert);
    const { problems } = await examine(await serveSecurely(certificate), "--ca", ca);
    expect(problems.filter((problem) => problem !== "address-closed")).toEqual([]);
  });

  it("names https that is none, and http that should be https", async () => {
    expect((await examine(urlOf("roomcast").replace("http:", "https:"))).problems).toEqual(["plain-http"]);
    const secure = (await serveSecurely(certificate)).replace("https:", "http:");
    const { problems, findings } = await examine(secure);
    expect(problems).toContain("no-http");
    expect(findings.at(-1)?.means).toContain("try https");
  });

  it("names servers that are no Socket.IO server", async () => {
    const missing = await serve((_, response) => response.writeHead(404).end("Cannot GET"));
    expect((await examine(missing)).problems).toEqual(["no-socketio"]);
    const tcp = createTcpServer((socket) => socket.on("error", () => {}).end("SSH-2.0-OpenSSH_9.2\r\n"));
    stops.push(() => tcp.close());
    expect((await examine(await listen(tcp))).problems).toEqual(["no-http"]);
  });

  it("names a server that does not answer, or answers late", async () => {
    const silent = await serve(() => {});
    expect((await examine(silent, "--timeout", "300ms")).problems).toEqual(["silent"]);
    const late = await serve(forward(urlOf("socket.io 4"), { delay: 1200 }));
    expect((await examine(late)).problems[0]).toBe("answers-held-back");
  });

  it("names a WebSocket that is swallowed, and one that is cut off", async () => {
    const swallowing = createServer(forward(urlOf("socket.io 4"))).on("upgrade", () => {});
    const cutting = createServer(forward(urlOf("socket.io 4"))).on("upgrade", (_, socket) =>
      socket.destroy(),
    );
    stops.push(
      () => swallowing.close(),
      () => cutting.close(),
    );
    expect((await examine(await listen(swallowing), "--timeout", "500ms")).problems).toEqual([
      "websocket-silent",
    ]);
    expect((await examine(await listen(cutting))).problems).toEqual(["websocket-blocked"]);
  });

  it("names a clock that is wrong", async () => {
    const forwarded = forward(urlOf("socket.io 4"), { date: "Mon, 01 Jan 2024 00:00:00 GMT" });
    expect((await examine(await serve(forwarded))).problems[0]).toBe("clock");
  });

  it("says what was meant in place of a wrong address", async () => {
    expect(await runCommandLine(["doctor", "./nothing-here"])).toMatchObject({
      code: 1,
      errors: "error The folder ./nothing-here is not there. Give a folder or a URL.\n",
    });
  });
});

/** A proxy in a few lines, which does one thing wrong. */
function forward(
  target: string,
  { delay = 0, date }: { delay?: number; date?: string } = {},
): RequestListener {
  return async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await fetch(target + request.url, {
      method: request.method ?? "GET",
      headers: { "content-type": request.headers["content-type"] ?? "text/plain" },
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    const body = await answer.text();
    const isPoll = request.method === "GET" && request.url?.includes("sid=");
    await new Promise((resolve) => setTimeout(resolve, isPoll ? delay : 0));
    response.writeHead(answer.status, date === undefined ? {} : { date }).end(body);
  };
}

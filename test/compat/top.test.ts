/** `roomcast top` against a dashboard, and against servers that have none. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { SocketIO } from "roomcast";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commands } from "../../src/cli/command-list.ts";
import { runProgram } from "../../src/cli/program.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { runCommandLine } from "../support/command-line.ts";
import { freePort } from "../support/free-port.ts";
import { Screen } from "../support/screen.ts";
import { type SocketServer, startSocketServers } from "../support/socket-servers/socket-servers.ts";
import { soon } from "../support/waiting.ts";

const login = ["--user", "ops", "--password", "correct horse"];
const logger = { info() {}, warn() {}, error() {} };
let servers: readonly SocketServer[];
let socketio: SocketIO;
let url: string;
let client: ReturnType<typeof io>;

beforeAll(async () => {
  servers = await startSocketServers();
  socketio = new SocketIO({ logger });
  socketio.events({ say: () => "said", fail: () => Promise.reject(new Error("no")) });
  socketio.dashboard({ auth: { username: "ops", password: "correct horse" }, path: "/ops/live" });
  ({ url } = await socketio.run({ port: 0, signals: false }));
  client = io(url, { transports: ["websocket"] });
  await client.emitWithAck("say", "hello");
  await client.emitWithAck("fail", "");
});

afterAll(async () => {
  client.disconnect();
  await socketio.stop();
  await Promise.all(servers.map((server) => server.stop()));
});

describe.concurrent("through a pipe", () => {
  it("prints tables without colours or control sequences, and ends", async () => {
    const { code, lines, errors } = await runCommandLine(["top", `${url}/ops/live`, "--once", ...login]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const text = lines.join("\n");
    expect(text).not.toContain("\x1b");
    expect(lines[0]).toContain(`${url}/ops/live  as ops`);
    expect(lines[1]).toMatch(/^1 server {2}1 client {2}in [\d.]+\/s .* p99 /);
    expect(text).toMatch(/^say +\/ +[\d.]+\/s .* 1 +0$/m);
    expect(text).toMatch(/^fail +\/ .* 1 +1$/m);
    expect(text).toContain("slow clients: every client keeps up");
  });

  it("prints readings as JSON, as many as are wanted", async () => {
    const { code, lines } = await runCommandLine([
      ...["top", `${url}/ops/live/`, "--count", "2", "--interval", "1.2s", "--json"],
      ...login,
    ]);
    expect(code).toBe(0);
    const readings = lines.map((line) => JSON.parse(line));
    expect(readings.map(({ type, clients }) => [type, clients])).toEqual([
      ["reading", 1],
      ["reading", 1],
    ]);
    expect(readings[1].events).toEqual(
      expect.arrayContaining([expect.objectContaining({ event: "fail", failed: 1, rate: 0 })]),
    );
  });

  it("ends in order on Ctrl-C", async () => {
    const stopping = new AbortController();
    const running = runCommandLine(["top", `${url}/ops/live`, ...login], {
      signal: stopping.signal,
      onOutput: () => stopping.abort(),
    });
    expect((await running).code).toBe(0);
  });
});

describe.concurrent("where there is nothing to see", () => {
  it("says that the login is refused", async () => {
    const wrong = ["--user", "ops", "--password", "wrong horse"];
    const { code, errors } = await runCommandLine(["top", `${url}/ops/live`, "--once", ...wrong]);
    expect(code).toBe(1);
    expect(errors).toContain(`The dashboard at ${url}/ops/live refused: The name or the password is wrong.`);
  });

  it("says how to give the login", async () => {
    const { code, errors } = await runCommandLine(["top", `${url}/ops/live`, "--once"]);
    expect(code).toBe(1);
    expect(errors).toContain("--user and the variable ROOMCAST_DASHBOARD_PASSWORD");
  });

  it("says that the server of Roomcast has no dashboard there", async () => {
    const { code, errors } = await runCommandLine(["top", url, "--once", ...login]);
    expect(code).toBe(1);
    expect(errors).toContain("This server of Roomcast has no dashboard at /roomcast.");
  });

  it.each([
    ["socket.io 4", "Socket.IO 3 or 4"],
    ["socket.io 2", "Socket.IO 2"],
    ...(process.env.ROOMCAST_SKIP_PYTHON ? [] : [["python-socketio", "python-socketio"]]),
  ])("says that a server of %s has none", async (name, kind) => {
    const server = servers.find((each) => each.name === name);
    const { code, errors } = await runCommandLine(["top", server?.url ?? "", "--once", ...login]);
    expect(code).toBe(1);
    expect(errors).toContain(`This is a server of ${kind}, which has no dashboard`);
  });

  it("says what a server of another kind answers", async () => {
    const http = createServer((_, response) => response.end("<title>Shop</title>")).listen(0, "127.0.0.1");
    await once(http, "listening");
    const { port } = http.address() as AddressInfo;
    const { code, errors } = await runCommandLine(["top", `127.0.0.1:${port}`, "--once", ...login]);
    http.close();
    expect(code).toBe(2);
    expect(errors).toContain('/roomcast: it answered 200 with a page ("Shop").');
  });

  it("says that nothing listens", async () => {
    const { code, errors } = await runCommandLine(["top", `:${await freePort()}`, "--once", ...login]);
    expect(code).toBe(2);
    expect(errors).toContain("ECONNREFUSED");
  });

  it("says which column was meant, before it connects", async () => {
    const { code, errors } = await runCommandLine(["top", ":1", "--sort", "rat"]);
    expect(code).toBe(1);
    expect(errors).toContain("Did you mean rate?");
  });
});

it("shows the application's own check, and takes its cookie", async () => {
  const guarded = new SocketIO({ logger });
  guarded.dashboard({ auth: ({ headers }) => headers.cookie === "id=ada" });
  const { url: address } = await guarded.run({ port: 0, signals: false });
  try {
    const refused = await runCommandLine(["top", address, "--once"]);
    expect(refused.code).toBe(1);
    expect(refused.errors).toContain('-H "Cookie: …"');
    const { code, lines } = await runCommandLine(["top", address, "--once", "-H", "Cookie: id=ada"]);
    expect([code, lines[0]]).toEqual([0, expect.not.stringContaining(" as ")]);
  } finally {
    await guarded.stop();
  }
});

describe("at a terminal", () => {
  it("asks for the password, draws tables, takes keys, follows the size, and gives the screen back", async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true, isRaw: false, setRawMode });
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 110, rows: 24 });
    function setRawMode(isRaw: boolean) {
      input.isRaw = isRaw;
    }
    const screen = new Screen();
    let written = "";
    output.setEncoding("utf8").on("data", (text: string) => {
      written += text;
      screen.write(text);
    });
    const shown = () => screen.lines.join("\n");
    const terminal = new Terminal({ input, output, errors: output, env: { NO_COLOR: "1" } });
    const { signal } = new AbortController();
    const argv = ["top", `${url}/ops/live`, "--user", "ops", "--interval", "1.2s"];
    const running = runProgram(argv, { commands, version: "1.0.0", terminal, signal });
    await soon(shown).toContain("Password:");
    input.write("correct horse\r");
    await soon(shown).toMatch(/say +\/ +[\d.]+\/s/);
    expect(written).not.toContain("horse");
    expect(input.isRaw).toBe(true);
    input.write("3");
    await soon(shown).not.toContain("slow clients: every");
    input.write("\x1b[C");
    await soon(shown).toContain("p50↓");
    input.write("r");
    await soon(shown).toContain("p50↑");
    input.write(" ");
    await soon(() => screen.lines[0]).toMatch(/paused$/);
    output.columns = 40;
    output.rows = 8;
    output.emit("resize");
    await soon(() => [screen.lines.length, Math.max(...screen.lines.map((line) => line.length))]).toEqual([
      8, 40,
    ]);
    input.write("q");
    expect(await running).toBe(0);
    expect(input.isRaw).toBe(false);
    await soon(() => written.endsWith("\x1b[?25h\x1b[?1049l")).toBe(true);
  });

  it("goes on when the server comes back", async () => {
    const start = async (port: number) => {
      const server = new SocketIO({ logger });
      server.dashboard({ auth: false });
      return { server, port: (await server.run({ port, signals: false })).port };
    };
    const first = await start(0);
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 110, rows: 24 });
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const screen = new Screen();
    output.setEncoding("utf8").on("data", (text: string) => screen.write(text));
    const shown = () => screen.lines.join("\n");
    const terminal = new Terminal({ input, output, errors: output, env: { NO_COLOR: "1" } });
    const { signal } = new AbortController();
    const argv = ["top", `localhost:${first.port}`, "--interval", "1.2s"];
    const running = runProgram(argv, { commands, version: "1.0.0", terminal, signal });
    await soon(shown).toContain("1 server");
    await first.server.stop();
    await soon(shown).toContain("Trying again.");
    const { server } = await start(first.port);
    await soon(shown).not.toContain("Trying again.");
    input.write("\x03");
    expect(await running).toBe(0);
    await server.stop();
  });
});

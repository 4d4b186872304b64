/** Records what a person sees of `roomcast` at a terminal, for the documentation. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { args, call, emit, joinRoom, SocketIO, session } from "roomcast";
import { io } from "socket.io-client";
import { commands } from "../../src/cli/command-list.ts";
import { runProgram } from "../../src/cli/program.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { Nginx } from "./nginx-sites.ts";
import { Screen } from "./screen.ts";

/** Lines that are typed, each after a text has come. */
type Typed = readonly (readonly [line: string, until: string])[];

const logger = { info() {}, warn() {}, error() {} };

/** Runs a command at a terminal, and types lines. */
async function record(argv: readonly string[], typed: Typed): Promise<string[]> {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 110, rows: 20 });
  const screen = new Screen();
  output.setEncoding("utf8").on("data", (text: string) => screen.write(text));
  const terminal = new Terminal({ input, output, errors: output, env: { NO_COLOR: "1" } });
  const { signal } = new AbortController();
  const finished = runProgram(argv, { commands, version: "1.0.0", terminal, signal });
  for (const [line, until] of typed) {
    const end = performance.now() + 15_000;
    while (!screen.lines.join("\n").includes(until)) {
      if (performance.now() > end) throw new Error(`"${until}" did not come:\n${screen.lines.join("\n")}`);
      await sleep(10);
    }
    input.write(`${line}\r`);
  }
  await finished;
  await sleep(10);
  return [`$ npx roomcast ${argv.map(shellWord).join(" ")}`, ...screen.lines];
}

/** An argument as it is typed. */
function shellWord(word: string): string {
  return /[\s{"<>]/.test(word) ? `'${word}'` : word;
}

/** A conversation with a chat. */
export async function recordConnect(): Promise<string[]> {
  const socketio = new SocketIO({ logger });
  socketio.events({
    join({ room, name }: { room: string; name: string }) {
      session.name = name;
      joinRoom(room);
      emit("joined", { room, members: 1 });
    },
    say(message: { text: string }) {
      emit("said", { from: session.name, ...message });
      return "delivered";
    },
    async "make tea"() {
      const sugar = await call("sugar?", args("one", "two"));
      emit("tea", { sugar });
    },
  });
  const { port } = await socketio.run({ port: 0 });
  try {
    const lines = await record(
      ["connect", `localhost:${port}`],
      [
        ['emit join {"room":"tea","name":"Ada"}', "on WebSocket now"],
        ['call say {"text":"hello"}', "← joined"],
        ['emit "make tea"', "answer to say"],
        ["answer 1 two", "wants an answer"],
        ["sya hello", "← tea"],
        ["exit", "There is no command"],
      ],
    );
    return withPort(lines, port);
  } finally {
    await socketio.stop();
  }
}

/** A server behind an nginx that does not pass on Upgrade, and that changes Host. */
export async function recordDoctor(): Promise<string[]> {
  const socketio = new SocketIO({ logger });
  const { url } = await socketio.run({ port: 0 });
  const nginx = await Nginx.start({ sites: { chat: `location / { proxy_pass ${url}; }` } });
  const port = Number(new URL(nginx.url("chat")).port);
  try {
    const lines = await record(["doctor", `localhost:${port}`, "--origin", "https://app.example.com"], []);
    return withPort(lines, port);
  } finally {
    await nginx.stop();
    await socketio.stop();
  }
}

/** A chat with a few clients, seen live. */
export async function recordTop(): Promise<string[]> {
  const socketio = new SocketIO({ logger });
  socketio.dashboard({ auth: { username: "ops", password: "correct horse" } });
  socketio.events({
    join: (room: string) => joinRoom(room),
    say: (text: string) => emit("said", text, { to: "tea" }),
    typing: () => undefined,
  });
  socketio.namespace("/news").on("connect", () => undefined);
  const { port } = await socketio.run({ port: 0, signals: false });
  const clients = ["/", "/", "/", "/news"].map((name) =>
    io(`http://localhost:${port}${name}`, { transports: ["websocket"], forceNew: true }),
  );
  for (const client of clients.slice(0, 3)) await client.emitWithAck("join", "tea");
  const timer = setInterval(() => {
    for (let count = 0; count < 4; count++) clients[0]?.emit("say", "hello");
    clients[1]?.emit("typing");
  }, 50);
  try {
    const argv = ["top", `localhost:${port}`, "--user", "ops"];
    // A second reading has rates; the line of the password is on the screen before.
    const lines = await record(argv, [
      ["correct horse", "Password:"],
      ["q", "B/s  out "],
    ]);
    return withPort(withServerName(lines, `${hostname()}:${process.pid}`), port);
  } finally {
    clearInterval(timer);
    for (const client of clients) client.disconnect();
    await socketio.stop();
  }
}

/** A small program, read. */
export async function recordMigrate(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-recording-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(
      fileURLToPath(new URL("../../node_modules/typescript-5.4", import.meta.url)),
      join(folder, "node_modules/typescript"),
    );
    writeFileSync(
      join(folder, "server.js"),
      `const io = require("socket.io")(3000);

io.on("connection", (socket) => {
  socket.username = socket.handshake.auth.name;
  socket.join("tea");
  socket.on("say", (text) => socket.to("tea").emit("said", socket.username, text));
  console.log(io.engine.generateId);
});
`,
    );
    writeFileSync(join(folder, "index.html"), '<script src="/socket.io/socket.io.js"></script>\n');
    const lines = await record(["migrate", folder], []);
    return lines.map((line) => line.replaceAll(folder, "."));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Gives the process another name, and the column of names its width. */
function withServerName(lines: readonly string[], label: string): string[] {
  const title = "server↑";
  const name = "web-1:1017";
  const width = Math.max(title.length, label.length);
  return lines.map((line) => {
    const cell = [label, title].find((text) => line.startsWith(text));
    return cell === undefined
      ? line
      : (cell === label ? name : title.padEnd(name.length)) + line.slice(width);
  });
}

/** A load test of a chat in which everyone hears everything. */
export async function recordLoad(): Promise<string[]> {
  const socketio = new SocketIO({ logger });
  socketio.on("say", (message: unknown) => {
    socketio.emit("said", message);
    return "delivered";
  });
  const { port } = await socketio.run({ port: 0 });
  try {
    const lines = await record(
      [
        ...[
          "load",
          `localhost:${port}`,
          "--clients",
          "50",
          "--event",
          "say",
          "--data",
          '{"text":"{{mark}}"}',
        ],
        ...["--call", "--rate", "100", "--for", "3s", "--expect", "50", "--fail-if", "p99 > 20s"],
      ],
      [],
    );
    return withPort(lines, port);
  } finally {
    await socketio.stop();
  }
}

/** The port that programs of the documents have. */
function withPort(lines: readonly string[], port: number): string[] {
  return lines.map((line) => line.replaceAll(String(port), "5000"));
}

/** A recording without what differs each time: times, sizes of ids, versions. */
export function masked(lines: readonly string[]): string[] {
  // The change to WebSocket may come before the namespace or after it.
  const ordered = lines.filter((line) => !line.endsWith("on WebSocket now."));
  return ordered.map((line) =>
    line
      .replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, "00:00:00.000")
      .replaceAll(/\d+(?:\.\d+)? m?s\b/g, "0 ms")
      .replaceAll(/nginx\/[\d.]+/g, "nginx")
      .replaceAll(/ as \S+$/g, " as sid"),
  );
}

/** A recording of tables without numbers, whose widths move the columns, and without a machine's load. */
export function maskedTables(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line
      .replaceAll(/\d[\d.,]*(?: (?:µs|ms|s|min|kB|MB|B)\b)*(?:\/s)?/g, "0")
      .replaceAll("–", "0")
      .replaceAll(/\bbusy\b/g, "ready")
      .replaceAll(/ +/g, " ")
      .trimEnd(),
  );
}

/** A recording of a load test without times, rates and sizes, and without what a busy machine adds. */
export function maskedFigures(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !line.includes("these figures are not the server's"))
    .map((line) =>
      line
        .replaceAll(/\d+(?:\.\d+)? m?s\b/g, "0 ms")
        .replaceAll(/\d+(?:\.\d+)? [kM]?B\b/g, "0 B")
        .replaceAll(/(?:\d{1,3} )*\d+(?:\.\d+)?\/s\b/g, "0/s")
        .replaceAll(/\d+ %/g, "0 %"),
    );
}

/** Puts recordings into a page: each into the block behind its mark. */
export function withRecordings(
  page: string,
  recordings: Readonly<Record<string, readonly string[]>>,
): string {
  return Object.entries(recordings).reduce(
    (text, [name, lines]) =>
      text.replace(
        new RegExp(`(<!-- recording: ${name} -->\\n\\n\`\`\`text\\n)[\\s\\S]*?(\`\`\`)`),
        (_, before: string, after: string) => `${before}${lines.join("\n")}\n${after}`,
      ),
    page,
  );
}

/** What the published declarations say in projects with other settings than this one. */

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** What `tsc --init` of TypeScript 7 writes into `tsconfig.json`, and what a project may add. */
const initialized = {
  module: "nodenext",
  target: "esnext",
  types: [],
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

let project: string;

/** The compiler's lines about a program in a project that has Roomcast and Node's types, and nothing else. */
async function compile(program: string, options: object, compiler = "typescript"): Promise<string[]> {
  await writeFile(join(project, "program.ts"), program);
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
  const { stdout } = await tsc(compiler, "-p", project, "--pretty", "false").catch(
    (error: { stdout: string }) => error,
  );
  return stdout.split("\n").filter((line) => /^\S.*error TS/.test(line));
}

function tsc(compiler: string, ...args: string[]) {
  return run(process.execPath, [join(root, "node_modules", compiler, "bin/tsc"), ...args]);
}

/** The lines of a program that end in this comment. */
function linesWith(program: string, comment: string): number[] {
  return program.split("\n").flatMap((line, index) => (line.endsWith(comment) ? [index + 1] : []));
}

function linesOf(messages: readonly string[]): number[] {
  return [...new Set(messages.map((message) => Number(/program\.ts\((\d+),/.exec(message)?.[1])))];
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "roomcast-declarations-"));
  const installed = join(project, "node_modules/roomcast");
  await mkdir(installed, { recursive: true });
  await cp(join(root, "package.json"), join(installed, "package.json"));
  await run(process.execPath, [join(root, "scripts/build.mjs"), join(installed, "dist")]);
  const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  for (const name of ["@types/node", "@types/react", "zod", ...Object.keys(dependencies)]) {
    const link = join(project, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, "node_modules", name), link, "junction");
  }
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
}, 120_000);

afterAll(() => rm(project, { recursive: true, force: true }));

describe("in a project that names no types", { timeout: 60_000 }, () => {
  const program = `import { SocketIO, type Middleware, request, session } from "roomcast";
const socketio = new SocketIO(42); // wrong
socketio.attach("no server"); // wrong
const timing: Middleware = async (context, next) => { context.evnt; return next(); }; // wrong
socketio.use(timing);
socketio.on("bytes", (bytes: Uint8Array) => bytes.byteLength);
socketio.on("who", () => [request.sid, session.name]);
socketio.run({ tls: { cert: 5 } }); // wrong
`;

  it("checks applications, servers and middleware all the same", async () => {
    const messages = await compile(program, initialized);
    expect(linesOf(messages)).toEqual(linesWith(program, "// wrong"));
  });

  it("finds no errors in the declarations themselves", async () => {
    expect(await compile('import "roomcast";\n', { ...initialized, skipLibCheck: false })).toEqual([]);
  });
});

describe("an option that names clients", { timeout: 60_000 }, () => {
  const program = `import { SocketIO, Namespace, emit, send, call, callAll, joinRoom, leaveRoom, disconnect, rooms, drained, closeRoom } from "roomcast";
import type { EmitOptions, DisconnectOptions } from "roomcast";
const socketio = new SocketIO();
const chat = socketio.namespace("/chat");
class Chat extends Namespace {}
declare const message: { room?: string; sid: string | undefined };
emit("e", 1, { to: message.room }); // wrong
emit("e", 1, { sid: message.sid }); // wrong
emit("e", 1, { to: message.room, volatile: true }); // wrong
emit("e", 1, { broadcast: true, skipSid: message.sid }); // wrong
emit("e", 1, { broadcast: true, except: message.room }); // wrong
emit("e", 1, { namespace: message.room }); // wrong
send("text", { to: message.room }); // wrong
call("e", 1, { to: message.sid }); // wrong
call("e", 1, { sid: message.sid }); // wrong
callAll("e", 1, { to: message.room, timeout: 5 }); // wrong
joinRoom("r", { sid: message.sid }); // wrong
leaveRoom("r", { to: message.room }); // wrong
closeRoom("r", { namespace: message.room }); // wrong
rooms({ sid: message.sid }); // wrong
drained({ sid: message.sid }); // wrong
disconnect({ sid: message.sid }); // wrong
socketio.emit("e", 1, { to: message.room }); // wrong
socketio.send("text", { to: message.room }); // wrong
socketio.call("e", 1, { to: message.sid }); // wrong
socketio.callAll("e", 1, { to: message.room }); // wrong
socketio.joinRoom("r", { to: message.room }); // wrong
socketio.joinRoom("r", { broadcast: true, to: message.room }); // wrong
socketio.sockets({ to: message.room }); // wrong
socketio.countClients({ to: message.room }); // wrong
socketio.disconnect({ to: message.room, close: true }); // wrong
socketio.on("e", () => {}, { namespace: message.room }); // wrong
chat.emit("e", 1, { to: message.room }); // wrong
chat.emit("e", 1, { namespace: "/attic" }); // wrong
new Chat("/chat").emit("e", 1, { to: message.room }); // wrong
emit("e", 1, { room: "kitchen" }); // wrong
emit("e", 1, { to: 5 }); // wrong
emit("e", 1, { to: "kitchen", volatile: "yes" }); // wrong
emit("e", 1, { to: "kitchen", includeSelf: false, volatile: undefined, callback: (answer) => answer });
emit("e", 1, { to: ["kitchen", "attic"] as const, namespace: "/chat", skipSid: [], except: "cellar" });
emit("e", 1, message.room === undefined ? { broadcast: true } : { to: message.room });
emit("e", 1, {});
socketio.emit("e", 1, { namespace: "/chat", sid: "sid" });
socketio.joinRoom("r", { sid: "sid", namespace: "/chat" });
socketio.disconnect({ broadcast: true, reason: "late" });
new Chat("/chat").emit("e", 1, { namespace: "/attic", to: "kitchen" });
chat.joinRoom("r", { to: "kitchen" });
rooms({ sid: "sid" }).then((list) => list.length);
rooms().length;
rooms({ namespace: "/chat" }).length;
const options: EmitOptions = { to: "kitchen" };
emit("e", 1, options);
emit("e", 1, { ...options, volatile: true });
export function tell(data: unknown, how: EmitOptions): void {
  emit("e", data, how);
  emit("e", data, { ...how, to: "kitchen" });
}
export function end(how?: DisconnectOptions) {
  return disconnect(how);
}
`;

  it.each([
    ["with exactOptionalPropertyTypes", true],
    ["without it", false],
  ])("refuses values that may be undefined, and nothing else, %s", async (_, exactOptionalPropertyTypes) => {
    const messages = await compile(program, { ...initialized, exactOptionalPropertyTypes });
    expect(linesOf(messages)).toEqual(linesWith(program, "// wrong"));
  });

  it("says that `undefined` is the problem", async () => {
    const [message] = await compile(program, { ...initialized, exactOptionalPropertyTypes: false });
    expect(message).toContain(
      "Type 'string | undefined' is not assignable to type 'string | readonly string[]'.",
    );
  });
});

describe("with the oldest TypeScript that is supported", { timeout: 60_000 }, () => {
  const program = `import { emit, joinRoom, type Middleware, request, session, SocketIO } from "roomcast";
declare module "roomcast" {
  interface Register { events: { say(text: string): string }; session: { name: string } }
}
const timing: Middleware = async (context, next) => [context.event, await next()];
const socketio = new SocketIO().use(timing);
socketio.on("say", (text) => { joinRoom("tea"); return text.toUpperCase() + session.name.trim(); });
socketio.on("say", (text) => emit("said", text.length, request.sid)); // wrong
session.name = 5; // wrong
socketio.run({ port: "5000" }); // wrong
`;

  it.each([
    { moduleResolution: "node16", module: "node16" },
    { moduleResolution: "nodenext", module: "nodenext" },
    { moduleResolution: "bundler", module: "esnext" },
  ])("checks a program with its own contract, with moduleResolution $moduleResolution", async (options) => {
    const messages = await compile(
      program,
      { ...initialized, ...options, lib: ["es2023", "esnext.disposable"] },
      "typescript-5.4",
    );
    expect(linesOf(messages)).toEqual(linesWith(program, "// wrong"));
  });
});

describe("a contract that server, client and React components share", { timeout: 60_000 }, () => {
  const fixture = join(root, "test/types/fixtures/contract");
  const files = ["contract.ts", "server.ts", "client.ts", "react.tsx"];

  /** The compiler's lines about all files of the fixture. */
  async function compileAll(compiler: string): Promise<string[]> {
    const folder = join(project, compiler);
    await cp(fixture, folder, { recursive: true });
    const compilerOptions = {
      ...initialized,
      jsx: "react-jsx",
      lib: ["es2023", "dom", "esnext.disposable"],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*"] }));
    const { stdout } = await tsc(compiler, "-p", folder, "--pretty", "false").catch(
      (error: { stdout: string }) => error,
    );
    return stdout.split("\n").filter((line) => /^\S.*error TS/.test(line));
  }

  it.each(["typescript-5.4", "typescript-5.9", "typescript"])("is checked by %s", async (compiler) => {
    const messages = await compileAll(compiler);
    const found = messages.map((message) => /([\w.]+)\((\d+),/.exec(message)?.slice(1).join(":") ?? message);
    const expected = await Promise.all(
      files.map(async (file) =>
        linesWith(await readFile(join(fixture, file), "utf8"), "// wrong").map((line) => `${file}:${line}`),
      ),
    );
    expect([...new Set(found)].sort()).toEqual(expected.flat().sort());
    const text = messages.join("\n");
    // Several values: say what to write.
    expect(text).toContain("parameter of type 'UseArgs<[number, number]>'");
    expect(text).toContain("parameter of type 'UseArgs<[string, { x: number; }]>'");
    expect(text).toContain("Did you mean to write 'text'?");
    expect(text).toMatch(
      /'"other"' is not assignable to parameter of type '"(full" \| "muted|muted" \| "full)"'/,
    );
  });
});

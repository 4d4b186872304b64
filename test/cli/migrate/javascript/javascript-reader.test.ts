import typescript from "typescript-5.4";
import { describe, expect, it } from "vitest";
import { readJavaScript } from "../../../../src/cli/migrate/javascript/javascript-reader.ts";
import { programOfPage } from "../../../support/migration-pages.ts";

const read = (text: string, trustsNames = false) =>
  readJavaScript(typescript, { path: "program.ts", text, trustsNames });
const apis = (text: string, trustsNames = false) => read(text, trustsNames).map(({ api }) => api);
/** What the last use of a program becomes. */
const becomes = (text: string) => read(text).at(-1)?.becomes;

const head = 'import { Server } from "socket.io";\nconst io = new Server();\n';
const inHandler = (text: string) => `${head}io.on("connection", (socket) => {\n${text}\n});`;

describe("names", () => {
  it("are followed from imports, requires and the parameters of listeners", () => {
    expect(apis(inHandler('socket.emit("a"); io.emit("b");'))).toEqual([
      ...['from "socket.io"', "new Server(…)", 'io.on("connection")', 'socket.emit("a")', 'io.emit("b")'],
    ]);
    expect(apis('const io = require("socket.io")(server); io.emit("x");')).toContain('io.emit("x")');
    expect(apis('const { Server: S } = require("socket.io"); new S(1).emit("x");')).toContain('io.emit("x")');
    expect(apis('import sio from "socket.io"; const io = new sio.Server(); io.emit("x");')).toContain(
      'io.emit("x")',
    );
    expect(apis('const { Server } = await import("socket.io"); new Server();')).toContain("new Server(…)");
  });

  it("are followed into functions that stand elsewhere, and through types", () => {
    expect(apis(`${head}io.of("/a").on("connection", go);\nfunction go(s) { s.join("x"); }`)).toContain(
      'socket.join("x")',
    );
    expect(apis('import type { Socket } from "socket.io"; const f = (s: Socket) => s.leave("x");')).toContain(
      'socket.leave("x")',
    );
    expect(
      apis('import { Server } from "socket.io"; class A { io: Server; f() { this.io.emit("x"); } }'),
    ).toContain('io.emit("x")');
    expect(apis(inHandler("const { id } = socket;"))).toContain("socket.id");
  });

  it("are taken as they are where nothing else tells, in a project with a server", () => {
    const text = 'module.exports = (io, socket) => { socket.emit("x"); io.emit("y"); };';
    expect(apis(text, true)).toEqual(['socket.emit("x")', 'io.emit("y")']);
    expect(apis(text)).toEqual([]);
  });

  it("of other things are left alone", () => {
    expect(apis(`${head}function f(io) { io.emit("x"); }`)).not.toContain('io.emit("x")');
    expect(apis('const socket = io("/"); socket.emit("x"); emitter.on("y", () => {});', true)).toEqual([]);
    expect(apis('import { io } from "socket.io-client"; io("/").emit("x");')).toEqual([
      'from "socket.io-client"',
    ]);
  });
});

describe("a chain", () => {
  it.each([
    ['socket.broadcast.emit("x", 1)', "emit(…, { broadcast: true, includeSelf: false })"],
    ['socket.to("a").emit("x")', "emit(…, { to: room, includeSelf: false })"],
    ['socket.emit("x", 1, (answer) => {})', "emit(event, data, { callback })"],
    ['await socket.timeout(5).emitWithAck("x")', "await call(event, data, { timeout: 5000 })"],
    ['io.to("a").timeout(5).emitWithAck("x")', "await callAll(…, { to: room, timeout })"],
    ['socket.on("disconnecting", () => {})', 'socketio.on("disconnect", …)'],
    ["socket.handshake.auth.token", "request.auth"],
    ["io.engine.clientsCount", "socketio.clientCount"],
    ["io.of(/^\\/game/)", "socketio.namespace(/^\\/game-\\d+$/)"],
    ["io.listen(3000)", "await new SocketIO().run({ port: 3000 })"],
  ])("%s becomes %s", (text, expected) => {
    expect(becomes(inHandler(text))).toBe(expected);
  });

  it("tells its modifiers as options", () => {
    expect(read(inHandler('io.volatile.except("b").emit("x")')).at(-1)?.note).toContain(
      "with { volatile: true }, { except: … }",
    );
  });
});

it("tells names that have no counterpart, are the program's own, or are not known", () => {
  const uses = read(inHandler("io.engine.on('headers', f); socket.username = 1; io.nonsense();"));
  expect(uses.slice(-3).map(({ verdict }) => verdict)).toEqual(["missing", "own", "unknown"]);
  expect(uses.at(-2)?.becomes).toContain("session.username");
});

it("leaves Node's own sockets alone, which are called the same", () => {
  expect(
    apis("server.on('upgrade', (request, socket) => { socket.destroy(); socket.end('x'); });", true),
  ).toEqual([]);
  expect(becomes(inHandler('socket.listenerCount("x")'))).toBe("socketio.on(event, handler)");
});

it("tells options one by one, with their lines", () => {
  const uses = read(
    'import { Server } from "socket.io";\nnew Server(http, {\n  cors: {},\n  wsEngine: x,\n});',
  );
  expect(uses.slice(-2).map(({ line, api, verdict }) => [line, api, verdict])).toEqual([
    [3, "option cors", "changes"],
    [4, "option wsEngine", "missing"],
  ]);
});

it("knows every name of the page's own program", () => {
  const uses = read(programOfPage("from-socketio.md", "js", "In Socket.IO:"));
  expect(uses.length).toBeGreaterThan(15);
  expect(uses.filter(({ verdict }) => verdict === "unknown" || verdict === "own")).toEqual([]);
});

it("reads a program with mistakes as far as it goes", () => {
  expect(apis(`${head}io.emit("x"; if (`)).toContain('io.emit("x")');
});

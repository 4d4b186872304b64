import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Child } from "./support/child.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** An application's folder with Roomcast installed, and without the optional packages. */
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "roomcast-install-"));
  const installed = join(folder, "node_modules", "roomcast");
  mkdirSync(installed, { recursive: true });
  const build = [join(root, "scripts/build.mjs"), join(installed, "dist")];
  execFileSync(process.execPath, build, { cwd: root, stdio: "inherit" });
  cpSync(join(root, "package.json"), join(installed, "package.json"));
  for (const name of ["ws", "cookie", "hono"]) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name), "junction");
  }
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a program in the application's folder. */
function run(program: string): Child {
  const path = join(folder, "program.mjs");
  writeFileSync(path, program);
  return new Child(folder, [path]);
}

describe("where an optional package is not installed", () => {
  it("run() of a Hono application names @hono/node-server", async () => {
    const child = run(`
      import { Hono } from "hono";
      import { SocketIO } from "roomcast";
      const app = new Hono();
      const socketio = new SocketIO(app);
      await socketio.run({ port: 0 }).catch((error) => console.log(JSON.stringify([error.code, error.message])));
    `);
    expect(JSON.parse(await child.line())).toEqual([
      "ERR_MISSING_PACKAGE",
      "Serving a Hono application on Node needs the package @hono/node-server: npm install @hono/node-server",
    ]);
    expect(await child.exit(3000)).toBe(0);
    expect(child.errors).toBe("");
  });

  it("the admin interface names bcryptjs in run(), and its pages where they are to be served", async () => {
    const child = run(`
      import { SocketIO } from "roomcast";
      const auth = { type: "basic", username: "ada", password: "$2b$04$" + "a".repeat(53) };
      const tell = (error) => console.log(JSON.stringify([error.code, error.message]));
      const socketio = new SocketIO();
      try {
        socketio.instrument({ auth, serveUi: true });
      } catch (error) {
        tell(error);
      }
      socketio.instrument({ auth });
      await socketio.run({ port: 0 }).catch(tell);
    `);
    expect(JSON.parse(await child.line())).toEqual([
      "ERR_MISSING_PACKAGE",
      expect.stringContaining("npm install @socket.io/admin-ui"),
    ]);
    expect(JSON.parse(await child.line())).toEqual([
      "ERR_MISSING_PACKAGE",
      expect.stringContaining("npm install bcryptjs"),
    ]);
    expect(await child.exit(3000)).toBe(0);
    expect(child.errors).toBe("");
  });

  it("the dashboard names bcryptjs where its password is a hash of bcrypt", async () => {
    const child = run(`
      import { SocketIO } from "roomcast";
      const auth = { username: "ops", password: "$2b$04$" + "a".repeat(53) };
      try {
        new SocketIO().dashboard({ auth });
      } catch (error) {
        console.log(error.code, error.message);
      }
    `);
    expect(await child.line()).toMatch(/^ERR_MISSING_PACKAGE .*: npm install bcryptjs$/);
    expect(await child.exit(3000)).toBe(0);
  });

  it("an uncaught error of run() says the same to the operator", async () => {
    const child = run(`
      import { SocketIO } from "roomcast";
      await new SocketIO({ fetch: () => new Response("home") }).run({ port: 0 });
    `);
    expect(await child.exit(10_000)).toBe(1);
    expect(child.errors).toMatch(/RoomcastError: .*: npm install @hono\/node-server\n/);
  });

  it("a request for the browser's client is answered with the package to install, which the log says once", async () => {
    const child = run(`
      import { SocketIO } from "roomcast";
      const socketio = new SocketIO();
      const { url } = await socketio.run({ port: 0 });
      for (const name of ["socket.io.js", "socket.io.min.js"]) {
        const response = await fetch(url + "/socket.io/" + name);
        console.log(response.status, response.headers.get("content-type"), await response.text());
      }
      const other = await fetch(url + "/socket.io/other.js");
      console.log(other.status, await other.text());
      await socketio.stop();
    `);
    expect(await child.line()).toMatch(/^Roomcast is listening on /);
    const text =
      "is served from the package socket.io-client, which is not installed: npm install socket.io-client";
    expect(await child.line()).toBe(`404 text/plain; charset=utf-8 /socket.io.js ${text}`);
    expect(await child.line()).toBe(`404 text/plain; charset=utf-8 /socket.io.min.js ${text}`);
    expect(await child.line()).toBe("404 Not found");
    expect(await child.exit(3000)).toBe(0);
    expect(child.errors).toBe(`[roomcast] /socket.io.js ${text}\n`);
  });

  it.each([
    ["redis", "@redis/client"],
    ["nats", "@nats-io/transport-node"],
  ])(
    "run() with a message queue of %s:// rejects with the package's name, with workers too, and so does stop() of an emitter",
    async (scheme, name) => {
      const child = run(`
      import { SocketIO } from "roomcast";
      const logger = { info() {}, warn() {}, error() {} };
      const make = () => new SocketIO({ messageQueue: "${scheme}://ann:password@localhost", logger });
      const [server, primary, emitter] = [make(), make(), make()];
      emitter.emit("news");
      for (const end of [server.run({ port: 0 }), primary.run({ port: 0, workers: 2 }), emitter.stop()]) {
        await end.catch((error) => console.log(error.code, error.message));
      }
      console.log(server.ready);
      process.exit();
    `);
      const problem = `The package "${name}" could not be imported. Install it with: npm install ${name}`;
      expect(await child.line()).toBe(`ERR_MISSING_PACKAGE ${problem}`);
      expect(await child.line()).toBe(`ERR_MISSING_PACKAGE ${problem}`);
      expect(await child.line()).toBe(
        `ERR_MESSAGE_QUEUE 1 message did not reach the message queue, or not for certain: ${problem}`,
      );
      expect(await child.line()).toBe("false");
    },
  );

  it("a session names the library that it needs", async () => {
    const child = run(`
      import { honoSessions, ironSession } from "roomcast";
      const password = "correct horse battery staple, twice";
      const request = { url: "/", headers: { cookie: "session=x" }, secure: false, address: "" };
      for (const sessions of [
        ironSession({ cookieName: "session", password }),
        honoSessions({ store: { getSessionById() {}, persistSessionData() {} }, encryptionKey: password }),
      ]) {
        await sessions.open(request).catch((error) => console.log(error.code, error.message));
      }
    `);
    for (const name of ["iron-session", "hono-sessions"]) {
      expect(await child.line()).toBe(
        `ERR_MISSING_PACKAGE The package "${name}" could not be imported. Install it with: npm install ${name}`,
      );
    }
    expect(await child.exit(3000)).toBe(0);
  });
});

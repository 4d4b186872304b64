/** The client of `roomcast/client` on the WebSockets of other runtimes. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { args, call, emit, SocketIO } from "roomcast";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/free-port.ts";
import { bun, otherNodes } from "../support/runtimes.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { soon, within } from "../support/waiting.ts";

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "roomcast-small-client-"));
  program = join(folder, "program.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("support/small-client-program.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "neutral",
    outfile: program,
  });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

for (const { name, path = "" } of [...otherNodes, bun]) {
  describe.skipIf(path === "")(`on ${name}`, () => {
    it.each(["default", "msgpack"] as const)(
      "connects, asks and answers, comes back, and lets the program end, with the parser %s",
      { timeout: 120_000 },
      async (parser) => {
        const socketio = new SocketIO({ logger: { info() {}, warn() {}, error() {} }, parser });
        onTestFinished(() => socketio.stop());
        const seen: unknown[] = [];
        const network: { proxy?: TcpProxy } = {};
        socketio.events({
          connect: (auth) => void seen.push(auth),
          echo: (...values: unknown[]) => args(...values),
          async ready() {
            seen.push(await call("ask", 21));
            emit("news", args("first", Buffer.from([1])));
          },
          heard: () => network.proxy?.cut(),
          say(text) {
            seen.push(text);
            emit("news", args("last", Buffer.from([2])));
          },
        });
        const { port } = await socketio.run({ port: 0 });
        const proxy = await TcpProxy.open(port);
        network.proxy = proxy;
        onTestFinished(() => proxy.stop());

        const nowhere = `http://127.0.0.1:${await freePort()}`;
        const child = spawn(path, [program, proxy.url, nowhere, parser], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        onTestFinished(() => void child.kill("SIGKILL"));
        const ended = once(child, "exit");
        const lines: Record<string, unknown>[] = [];
        createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));

        await soon(() => lines.at(-1)).toEqual({ state: "resuming" });
        proxy.restore();
        const [code] = await within("the end of the program", ended);
        expect(code).toBe(0);
        await soon(() => lines.at(-1)).toEqual({ state: "closed" });
        expect(lines).toEqual([
          { state: "connected" },
          { echo: [1, [1, 2]] },
          { unreachable: "ERR_UNREACHABLE" },
          { refused: "ERR_REFUSED" },
          { news: "first", bytes: [1], isPlain: true },
          { state: "resuming" },
          { state: "connected" },
          { news: "last", bytes: [2], isPlain: true },
          { state: "closed" },
        ]);
        expect(seen).toEqual([{ token: "x" }, 42, { token: "x" }, "waited"]);
      },
    );
  });
}

/** The program `roomcast` as npm installs it. Needs `npm run build`. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { buildIfStale } from "../../bench/system/preparation.ts";
import { startServer } from "../support/server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { bin, version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
  bin: { roomcast: string };
  version: string;
};
const program = `${root}${bin.roomcast}`;
const run = promisify(execFile);

beforeAll(() => buildIfStale(() => {}), 120_000);

it("prints the package's version, and loads hardly anything for it", async () => {
  const count = `process.on("exit", () => console.log(process.moduleLoadList.includes("NativeModule http")));`;
  const { stdout } = await run(process.execPath, [
    "--import",
    `data:text/javascript,${count}`,
    program,
    "--version",
  ]);
  expect(stdout).toBe(`${version}\nfalse\n`);
});

it("is a program, and brings the licences of its parts", () => {
  expect(readFileSync(program, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  for (const name of ["cac", "picocolors"])
    expect(readFileSync(`${root}dist/cli/${name}.LICENSE`, "utf8")).toMatch(/MIT|ISC/);
});

it("ends with the exit code of its command", async () => {
  await expect(run(process.execPath, [program, "emit"])).rejects.toMatchObject({
    code: 1,
    stderr: "error <url> is missing. Usage: roomcast emit <url> <event> [...values]\n",
  });
});

it("ends in order on Ctrl-C, and when its reader has enough", async () => {
  const { socketio, url } = await startServer();
  const connected = new Promise((resolve) => socketio.on("hello", resolve));
  const disconnected = new Promise((resolve) => socketio.on("disconnect", resolve));
  const child = spawn(process.execPath, [program, "listen", url, "--emit", "hello"], { stdio: "ignore" });
  await connected;
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
  // The client has said goodbye, instead of being missed after a while.
  expect(await disconnected).toBe("client namespace disconnect");
});

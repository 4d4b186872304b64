/** Projects of `roomcast init`, with the package as it is built. Needs `npm run build`. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildIfStale } from "../../bench/system/preparation.ts";
import { templateNames } from "../../src/cli/init/project-template.ts";
import { DashboardPage } from "../support/dashboard-page.ts";
import { type MadeProject, makeProject } from "../support/new-project.ts";
import { nextEvent, within } from "../support/waiting.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const projects = new Map<string, MadeProject>();

beforeAll(async () => {
  buildIfStale(() => {});
  for (const name of templateNames) projects.set(name, await makeProject(name));
}, 120_000);

afterAll(() => {
  for (const project of projects.values()) project.remove();
});

const folderOf = (name: string) => projects.get(name)?.folder ?? "";

it.each(templateNames)(
  "has correct types with the template %s",
  async (name) => {
    const checked = await run("npm", ["run", "--silent", "types"], { cwd: folderOf(name) }).catch(
      (error) => error,
    );
    expect(checked).toMatchObject({ stdout: "" });
  },
  60_000,
);

it("passes its own test", { timeout: 60_000 }, async () => {
  const { stdout } = await run("npm", ["test"], { cwd: folderOf("express") });
  expect(stdout).toMatch(/pass 2\b/);
});

it("runs under `roomcast dev`, with a dashboard, and starts again after a change", {
  timeout: 90_000,
}, async () => {
  const folder = folderOf("plain");
  const dev = spawn(process.execPath, [join(root, "dist/cli/bin.js"), "dev", "server.ts", "--json"], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = createInterface(dev.stdout)[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await within("a line", lines.next())).value);
  try {
    const { url, dashboard } = await next();
    expect(dashboard).toEqual({ url: `${url}/roomcast`, user: "dev", password: expect.any(String) });
    const page = new DashboardPage(dashboard.url);
    const signedIn = await page.signIn({ username: dashboard.user, password: dashboard.password });
    expect(signedIn.status).toBe(200);
    appendFileSync(join(folder, "chat.ts"), "// changed\n");
    expect(await next()).toEqual({ type: "changed", file: "chat.ts" });
    expect(await next()).toMatchObject({ type: "serving", dashboard: { password: dashboard.password } });
    appendFileSync(join(folder, "chat.ts"), "throw new Error('a mistake');\n");
    expect(await next()).toMatchObject({ type: "changed" });
    expect(await next()).toMatchObject({ type: "ended", code: 1 });
  } finally {
    dev.kill("SIGINT");
    expect(await once(dev, "exit")).toEqual([0, null]);
  }
});

it("serves its page and its chat", { timeout: 60_000 }, async () => {
  const server = spawn("node_modules/.bin/tsx", ["server.ts"], {
    cwd: folderOf("react"),
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listening = new Promise<string>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const url = /listening on (http:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
  });
  try {
    const url = await within(`the address, in "${output}"`, listening);
    expect(await (await fetch(url)).text()).toContain('<div id="root">');
    expect(await (await fetch(`${url}/page/chat.tsx`)).text()).toContain("jsx");
    const client = io(url, { transports: ["websocket"] });
    client.emit("enter", "Ada");
    expect(await nextEvent(client, "said")).toEqual([{ from: "server", text: "Ada is here" }]);
    client.disconnect();
  } finally {
    server.kill();
    await once(server, "exit");
  }
});

/** The first program of docs/authentication.md, with both of its clients, run as readers copy them. */

import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";
import { Child } from "./support/child.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/authentication.md"), "utf8");
const source = String(pathToFileURL(join(root, "src/index.ts")));
const secrets = { JWT_SECRET: "a secret of thirty-two characters", PASSWORD: "sesame" };

/** The first block of the page with this name. */
function block(name: string): string {
  const [, code] = new RegExp(`^\`\`\`\\w+ ${name}\n(.*?)^\`\`\``, "ms").exec(page) ?? [];
  if (code === undefined) throw new Error(`docs/authentication.md has no ${name}`);
  return code;
}

/** Writes the files, and starts the server. Returns its folder and its address. */
async function start(): Promise<{ folder: string; url: string }> {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-authentication-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const name of ["users.ts", "tokens.ts", "index.html"]) writeFileSync(join(folder, name), block(name));
  const server = block("server.ts").replace("port: 5000", "port: 0").replace('"roomcast"', `"${source}"`);
  writeFileSync(join(folder, "server.ts"), server);
  const line = await new Child(folder, ["--import", "tsx", "server.ts"], secrets).line();
  const [url] = /http:\/\/[\w.]+:\d+/.exec(line) ?? [];
  if (url === undefined) throw new Error(`no address: ${line}`);
  return { folder, url };
}

it.skipIf(skipsBrowser)(
  "lets in the page after a login, and the client in Node",
  async () => {
    const { folder, url } = await start();
    writeFileSync(join(folder, "client.js"), block("client.js").replace("http://localhost:5000", url));
    expect(await new Child(folder, ["client.js"], secrets).line()).toBe("connected as 7");
    expect(await new Child(folder, ["client.js"], { PASSWORD: "wrong" }).line()).toBe(
      "Please log in { code: 'TOKEN_INVALID' }",
    );

    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const tab = await browser.newPage();
    await tab.goto(url);
    const state = () => tab.locator("#state").textContent();
    await tab.fill("[name=name]", "Ada");
    await tab.fill("[name=password]", "wrong");
    await tab.click("button");
    await expect.poll(state, { timeout: 15_000 }).toBe("Wrong name or password");
    await tab.fill("[name=password]", "sesame");
    await tab.click("button");
    await expect.poll(state, { timeout: 15_000 }).toBe("Connected as user 7");
  },
  60_000,
);

/** The programs that a reader copies first, run as they stand: those of README and of Getting started. */

import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../support/free-port.ts";
import { StockClient } from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";
import { Child } from "./support/child.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "roomcast-first-"));
const english = "docs/getting-started.md";
const source = JSON.stringify(String(pathToFileURL(join(root, "src/index.ts"))));

/** The blocks of a page in a language. */
function blocks(page: string, language: string): string[] {
  const found = readFileSync(join(root, page), "utf8").matchAll(/^```(\w+)\n([\s\S]*?)^```/gm);
  return [...found].filter((match) => match[1] === language).map(([, , code = ""]) => code);
}

/** The only block of a page in a language. */
function block(page: string, language: string): string {
  const [only, ...others] = blocks(page, language);
  if (only === undefined || others.length > 0) throw new Error(`not one ${language} block on ${page}`);
  return only;
}

/** Starts a program of a page. */
function start(name: string, program: string, port: number): Child {
  const code = program.replace('from "roomcast"', `from ${source}`).replaceAll("5000", String(port));
  writeFileSync(join(folder, name), code);
  return new Child(folder, ["--import", "tsx", name]);
}

describe("a reader's first program", { timeout: 60_000 }, () => {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  afterAll(() => rmSync(folder, { recursive: true }));

  it("of README answers its client", async () => {
    const port = await freePort();
    const server = start("readme.ts", block("README.md", "ts"), port);
    expect(await server.line()).toContain(`:${port}`);
    const client = start("client.js", block("README.md", "js"), port);
    expect(await client.line()).toBe("{ from: 'Ada', text: 'Hello' }");
    expect(await client.line()).toBe("delivered");
  });

  it("of Getting started serves its page, and brings messages from one client to another", async () => {
    const port = await freePort();
    writeFileSync(join(folder, "index.html"), block(english, "html"));
    const server = start("chat.ts", block(english, "ts"), port);
    expect(await server.line()).toContain(`:${port}`);
    const url = `http://localhost:${port}`;
    const page = await fetch(`${url}/?name=Ada`);
    expect(await page.text()).toBe(block(english, "html"));
    expect((await fetch(`${url}/socket.io/socket.io.js`)).status).toBe(200);

    const stock = new StockClient("4.8", "upgrade");
    const [ada, bob] = await Promise.all([stock.connect(url), stock.connect(url)]);
    const said: string[] = [];
    ada.on("said", ({ from, text }) => said.push(`${from}: ${text}`));
    ada.emit("join", "Ada");
    await soon(() => said).toEqual(["server: Ada is here"]);
    bob.emit("join", "Bob");
    expect(await bob.emitWithAck("say", "Hello Ada")).toBe("delivered");
    bob.disconnect();
    await soon(() => said.slice(1)).toEqual(["server: Bob is here", "Bob: Hello Ada", "server: Bob left"]);
  });

  it("is the same in each language", () => {
    const page = "docs/getting-started.zh-TW.md";
    const withoutComments = (html: string) => html.replaceAll(/^ *\/\/.*\n/gm, "");
    expect(block(page, "ts")).toBe(block(english, "ts"));
    expect(withoutComments(block(page, "html"))).toBe(withoutComments(block(english, "html")));
    expect(blocks(page, "sh")).toEqual(blocks(english, "sh"));
  });
});

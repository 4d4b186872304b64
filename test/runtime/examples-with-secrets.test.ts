/** The examples with authentication, run as readers copy them: with their variables set, and without. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Socket, StockClient } from "../support/stock-client.ts";
import { nextEvent } from "../support/waiting.ts";
import { Child } from "./support/child.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "roomcast-secrets-"));
const stock = new StockClient("4.8", "websocket");

/** Everything that a reader may copy: the code on all pages, and the example programs. */
const pages = [
  ...readdirSync(root),
  ...["docs", "examples"].flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).map((path) => `${name}/${path}`),
  ),
].filter((page) => /^(?!CHANGELOG).*\.md$|^examples\/.*\.(ts|js|html)$/.test(page));
const examples = pages.flatMap((page) => examplesOf(page, readFileSync(join(root, page), "utf8")));

interface Example {
  readonly page: string;
  readonly code: string;
}

function examplesOf(page: string, text: string): Example[] {
  if (!page.endsWith(".md")) return [{ page, code: text }];
  return [...text.matchAll(/^```\w+\n([\s\S]*?)^```/gm)].map(({ 1: code = "" }) => ({ page, code }));
}

/** The faults in how an example handles secrets. */
function faults({ page, code }: Example): string[] {
  const found = code.split("\n").filter(
    (line) =>
      // An unset variable equals a value that a client does not send.
      /[!=]==?\s*process\.env/.test(line) ||
      /process\.env\.\w+\s*[!=]=+(?![=\s]*["'])/.test(line) ||
      // All readers of the page know this secret.
      /(secret|SECRET_KEY"\]|password|token|api_?key)\s*[:=]\s*["'](?!["'])/i.test(line),
  );
  return found.map((line) => `${page}: ${line.trim()}`);
}

/** Runs the one example of a page that contains a text, on a free port. */
function run(page: string, text: string, env: Record<string, string>): Child {
  const found = examples.filter((example) => example.page === page && example.code.includes(text));
  expect(found).toHaveLength(1);
  const [{ code } = { code: "" }] = found;
  const isWhole = code.includes("socketio.run(");
  const app = code.includes("app = express()")
    ? ""
    : 'import express from "express";\nconst app = express();\n';
  const start = "await socketio.run({ port: 0 });\n";
  const program = `${app}${code}${isWhole ? "" : start}`
    .replace("await socketio.run({ port: 5000 });", start)
    .replaceAll(
      'from "roomcast"',
      `from ${JSON.stringify(String(pathToFileURL(join(root, "src/index.ts"))))}`,
    );
  const name = join(folder, `${text.replaceAll(/\W/g, "")}.ts`);
  writeFileSync(name, program);
  return new Child(folder, ["--import", "tsx", name], env);
}

/** The address of a program, which is its first line of output. */
async function urlOf(program: Child): Promise<string> {
  const line = await program.line();
  const [url] = /http:\/\/[\w.]+:\d+/.exec(line) ?? [];
  if (url === undefined) throw new Error(`no address: ${line}`);
  return url;
}

describe("an example with authentication", () => {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["docs/hardening.md", "TOKEN"],
    ["docs/reference/options.md", "API_KEY"],
    ["docs/reference/sessions.md", "SESSION_SECRET"],
  ])("of %s does not start without its %s, and says so", { timeout: 60_000 }, async (page, name) => {
    // An empty variable counts as unset, and no test inherits one.
    const program = run(page, `const { ${name} }`, { [name]: "" });
    expect(await program.exit(50_000)).toBe(1);
    expect(program.errors).toContain(`Set ${name}`);
  });

  it("lets in only clients that know the token", { timeout: 60_000 }, async () => {
    const program = run("docs/hardening.md", "const { TOKEN }", { TOKEN: "right" });
    const url = await urlOf(program);
    const socket = await stock.connect(url, { auth: { token: "right" } });
    expect(socket.connected).toBe(true);
    for (const auth of [
      undefined,
      {},
      { token: "wrong" },
      { token: "" },
      { token: ["right"] },
      { token: 1 },
    ]) {
      const stranger: Socket = stock.open(url, auth === undefined ? {} : { auth });
      expect(String(await nextEvent(stranger, "connect_error"))).toContain("wrong token");
    }
  });

  it("lets in only requests that carry the key", { timeout: 60_000 }, async () => {
    const program = run("docs/reference/options.md", "const { API_KEY }", { API_KEY: "right" });
    const url = `${await urlOf(program)}/socket.io/?EIO=4&transport=polling`;
    const statuses = [];
    for (const headers of [
      { "x-api-key": "right" },
      {},
      { "x-api-key": "wrong" },
      { "x-api-key": "undefined" },
    ]) {
      statuses.push((await fetch(url, { headers: { ...headers } as Record<string, string> })).status);
    }
    expect(statuses).toEqual([200, 403, 403, 403]);
  });

  it("uses no secret that is public or may be missing, on any page and in any program", () => {
    expect(examples.length).toBeGreaterThan(80);
    expect(examples.flatMap(faults)).toEqual([]);
  });

  it.each([
    "if (token !== process.env.TOKEN) throw new Error();",
    'allowRequest: ({ headers }) => process.env.API_KEY === headers["x-api-key"],',
    'expressSessions({ secret: "change me" })',
    'app.config["SECRET_KEY"] = "change me"',
  ])("is found where it is unsafe: %s", (code) => {
    expect(faults({ page: "a.md", code })).toHaveLength(1);
  });
});

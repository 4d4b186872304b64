/**
 * The package as users get it: what it loads, what lies in its tarball, and which compilers read it. Needs
 * `npm run build`.
 */

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it } from "vitest";
import { buildIfStale } from "../../bench/system/preparation.ts";
import { packedPages, withAbsoluteLinks } from "../../scripts/packed-pages.mjs";
import { linkTargets } from "../support/links.ts";
import { otherNodes } from "../support/runtimes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const repository = "https://github.com/roomcast/roomcast/";

beforeAll(() => buildIfStale(() => {}), 120_000);

describe("import of the package", () => {
  for (const { name, path = "" } of [{ name: "this Node", path: process.execPath }, ...otherNodes]) {
    it.skipIf(path === "")(`loads nothing of Node that only some programs need, on ${name}`, async () => {
      const program = `
        await import("roomcast");
        console.log(JSON.stringify(process.moduleLoadList));`;
      const { stdout } = await run(path, ["--input-type=module", "--eval", program], { cwd: root });
      const late = [
        ...["assert", "child_process", "cluster", "crypto", "dgram", "dns", "http2", "https", "inspector"],
        ...[
          "internal/deps/undici/undici",
          "module",
          "perf_hooks",
          "readline",
          "tls",
          "worker_threads",
          "zlib",
        ],
      ];
      const loaded = new Set(JSON.parse(stdout) as string[]);
      expect(loaded).toContain("NativeModule http");
      expect(late.filter((name) => loaded.has(`NativeModule ${name}`))).toEqual([]);
    });
  }

  it.each(["./dist/index.js", "./dist/cli/bin.js"])("says that a Node is too old, from %s", async (file) => {
    const program = `
      process.getBuiltinModule = undefined;
      await import("${file}").catch((error) => console.log(error.message));`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: root });
    const { version } = process;
    expect(stdout).toBe(`Roomcast needs Node 20.19 or newer. This is Node ${version.slice(1)}.\n`);
  });

  it("loads no code that only some programs need", () => {
    const bundle = readFileSync(`${root}dist/roomcast.js`, "utf8");
    const eager = [...bundle.matchAll(/^\/\/ (src\/.*)$/gm)].map(([, path = ""]) => path);
    const late =
      /^src\/(client|cli|compat|nest|prometheus|relay|dashboard\/(?!access\/password-hash)|admin\/(?!instrument-options)|backplane\/(bus\/(?!queue-health)|cluster\/(?!node-id|process-label|server-event)|interop|ipc|nats|recovery|redis|stream|wire)|core\/recovery|app\/presence\/(?!late-presence|presence-events)|app\/cluster\/.*-node(?<!late-node)|app\/serve\/workers?\b|app\/metrics\/worker)\b/;
    expect(eager).toContain("src/engine/engine.ts");
    expect(eager.filter((path) => late.test(path))).toEqual([]);
    // Each kB takes some 25 µs of the import: load at the first use what most programs do without.
    expect(bundle.length).toBeLessThanOrEqual(580_000);
  });

  it("loads files that V8 keeps in one byte for each character", () => {
    expect(readFileSync(`${root}dist/roomcast.js`, "utf8")).not.toMatch(/[^\0-\xff]/);
  });

  it("gives errors the names that the sources have", async () => {
    const program = `
      const { SocketIO } = await import("roomcast");
      try { new SocketIO(42); } catch (error) { console.log(error.stack); }`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: root });
    expect(stdout).toMatch(/at new SocketIO \(.*dist\/roomcast\.js:\d+:\d{1,3}\)/);
  });
});

describe("the tarball", () => {
  let files: readonly string[];
  let size: number;

  beforeAll(async () => {
    const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      shell: process.platform === "win32",
    });
    const [tarball] = JSON.parse(stdout) as { size: number; files: { path: string }[] }[];
    size = tarball?.size ?? Number.NaN;
    files = tarball?.files.map(({ path }) => path) ?? [];
  }, 60_000);

  it("weighs at most 350 kB without the command line, the pages, the bridge and the exporters", () => {
    const apart =
      /^(grafana\/|dist\/(cli|dashboard|admin|compat|load|socket\.io|nest|opentelemetry|prometheus|client|msgpack|react|portable)\b)/;
    const own = files.filter((path) => !apart.test(path));
    expect(own).toContain("dist/roomcast.js");
    const bytes = Buffer.concat(own.map((path) => readFileSync(`${root}${path}`)));
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(350_000);
  });

  it("weighs at most 640 kB", () => {
    expect(size).toBeLessThanOrEqual(640_000);
  });

  it("holds the code and few pages, whose links lead to files of the repository", () => {
    const rest = files.filter((path) => !path.startsWith("dist/"));
    const pages = ["CHANGELOG.md", "LICENSE", "README.md", "SKILL.md", "llms.txt"].filter((page) =>
      existsSync(`${root}${page}`),
    );
    expect(rest.toSorted()).toEqual([...pages, "grafana/roomcast.json", "package.json"].toSorted());
    for (const page of packedPages) {
      const links = linkTargets(withAbsoluteLinks(readFileSync(`${root}${page}`, "utf8")));
      const places = links
        .filter((link) => link.startsWith(repository))
        .map((link) => link.slice(repository.length));
      const paths = places.flatMap((place) => /^(?:blob|raw|tree)\/main\/([^#?]+)/.exec(place)?.[1] ?? []);
      expect(links.filter((link) => !/^(https?:|#)/.test(link))).toEqual([]);
      expect(paths.length).toBeGreaterThan(0);
      expect(paths.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
    }
  });

  it("is what publint asks of a package", async () => {
    const { messages, pkg } = await publint({ pkgDir: root, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
  });
});

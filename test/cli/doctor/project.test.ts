import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { examineProject } from "../../../src/cli/doctor/project.ts";
import { runCommandLine } from "../../support/command-line.ts";

/** A folder with these files. */
function project(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-project-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

async function problemsOf(files: Readonly<Record<string, unknown>>): Promise<string[]> {
  const found: string[] = [];
  for await (const { code, verdict } of examineProject(project(files)))
    if (verdict === "fault" || verdict === "warning") found.push(code);
  return found;
}

const installed = (name: string, version: string) => ({ [`node_modules/${name}/package.json`]: { version } });

it("finds nothing wrong with a project whose parts fit", async () => {
  const folder = project({
    "package.json": { dependencies: { roomcast: "^1", "socket.io-client": "^4", "@redis/client": "^6" } },
    ...installed("roomcast", "1.0.0"),
    ...installed("socket.io-client", "4.8.4"),
    "server.ts": 'new SocketIO(app, { path: "/live", messageQueue: "redis://localhost" });',
    "src/page.vue": 'import "socket.io-client"; const socket = io("/", { path: "/live/" });',
  });
  const { code, lines } = await runCommandLine(["doctor", folder]);
  expect(code).toBe(0);
  expect(lines).toContain("✓ versions      roomcast 1.0.0");
  expect(lines.at(-1)).toBe("Nothing is wrong.");
});

it.each([
  ["no-project", {}],
  ["broken-manifest", { "package.json": "{" }],
  ["not-installed", { "package.json": { dependencies: { roomcast: "^1" } } }],
  [
    "client-too-old",
    {
      "package.json": { dependencies: { roomcast: "^1", "socket.io-client": "^2" } },
      ...installed("roomcast", "1.0.0"),
      ...installed("socket.io-client", "2.5.0"),
    },
  ],
  [
    "server-too-old",
    {
      "package.json": { dependencies: { "socket.io": "^2", "socket.io-client": "^4" } },
      ...installed("socket.io", "2.5.1"),
      ...installed("socket.io-client", "4.8.4"),
    },
  ],
  [
    "no-redis-client",
    {
      "package.json": { dependencies: { roomcast: "^1" } },
      ...installed("roomcast", "1.0.0"),
      "a.ts": 'import "roomcast"; new SocketIO(app, { messageQueue: "redis://x" })',
    },
  ],
  [
    "no-nats-client",
    {
      "package.json": { dependencies: { roomcast: "^1" } },
      ...installed("roomcast", "1.0.0"),
      "a.ts": 'import "roomcast"; new SocketIO(app, { messageQueue: "nats://x" })',
    },
  ],
  ["no-adapter", { "package.json": {}, "a.js": "cluster.fork();" }],
  [
    "cors-star-credentials",
    {
      "package.json": {},
      "a.js": 'import "socket.io"; new Server(s, { cors: { origin: "*", credentials: true } })',
    },
  ],
  [
    "ping-interval",
    { "package.json": {}, "a.js": "import 'socket.io'; new Server(s, { pingInterval: 60_000 })" },
  ],
  [
    "polling-alone",
    { "package.json": {}, "a.js": 'import "socket.io"; new Server(s, { transports: ["polling"] })' },
  ],
  [
    "path-differs",
    {
      "package.json": {},
      "a.js": 'import "socket.io"; new Server(s, { path: "/live" });',
      "b.js": 'import "socket.io-client"; io("http://x");',
    },
  ],
  ["unmaintained", { "package.json": { dependencies: { "socket.io-redis": "^6" } } }],
])("finds %s", async (expected, files) => {
  expect(await problemsOf(files)).toEqual([expected]);
});

it("reads no sources of packages", async () => {
  const files = {
    "package.json": {},
    "node_modules/x/a.js": "cluster.fork();",
    ".cache/a.js": "cluster.fork();",
  };
  expect(await problemsOf(files)).toEqual([]);
});

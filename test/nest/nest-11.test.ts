import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { asRoomcastDoes, type BothTranscripts } from "./nest-stage.ts";
import { programs } from "./programs.ts";

const folder = fileURLToPath(new URL("nest-11/", import.meta.url));
const program = fileURLToPath(new URL("nest-11-program.ts", import.meta.url));
const run = promisify(execFile);

let seen: Record<string, BothTranscripts> = {};

beforeAll(async () => {
  if (!existsSync(`${folder}node_modules`)) await run("npm", ["ci", "--prefix", folder, "--ignore-scripts"]);
  const outfile = `${folder}node_modules/.cache/program.cjs`;
  await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    packages: "external",
    // Only assertions that the programs do not use need it, and it cannot be required.
    alias: { vitest: "node:assert" },
    // CommonJS has another word for it.
    define: { "import.meta.url": "moduleUrl" },
    banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
    logLevel: "error",
  });
  const { stdout } = await run(process.execPath, [outfile], { maxBuffer: 2 ** 26 });
  seen = JSON.parse(stdout) as typeof seen;
}, 240_000);

describe("Gateways of NestJS 11 in CommonJS", () => {
  it("are of that version", () => {
    const { version } = JSON.parse(readFileSync(`${folder}node_modules/@nestjs/core/package.json`, "utf8"));
    expect(version).toMatch(/^11\./);
  });

  it.each(
    ["websocket", "polling"].flatMap((transport) =>
      Object.keys(programs).map((what) => `${what} over ${transport}`),
    ),
  )("see and send the same: %s", (what) => {
    const { stock = {}, roomcast = {} } = seen[what] ?? {};
    expect(asRoomcastDoes(roomcast)).toEqual(asRoomcastDoes(stock));
    expect(Object.values(stock).flat().length).toBeGreaterThan(1);
  });
});

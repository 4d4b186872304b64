/**
 * Checks the package as users get it, with tools that npm fetches for the occasion:
 *
 *     npm run package              publint, arethetypeswrong, and every supported TypeScript
 *     npm run package -- 5.4 7.0   the declarations alone, with these versions of TypeScript
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The versions of TypeScript that read the declarations. */
const compilers = ["5.4", "5.5", "5.6", "5.7", "5.8", "5.9", "6.0", "7.0"];
/** How a project may find modules, and what it then has modules of. */
const resolutions = [
  { moduleResolution: "node16", module: "node16" },
  { moduleResolution: "nodenext", module: "nodenext" },
  { moduleResolution: "bundler", module: "esnext" },
];

const program = `import { emit, joinRoom, type Middleware, request, session, SocketIO } from "roomcast";

declare module "roomcast" {
  interface Register {
    events: { say(text: string): string };
    session: { name: string };
  }
}

const timing: Middleware = async (context, next) => [context.event, await next()];
export const socketio = new SocketIO().use(timing);
socketio.on("say", (text) => {
  joinRoom("tea");
  emit("said", [request.sid, session.name]);
  return text.toUpperCase();
});
// @ts-expect-error: declarations that were not found would count as any
socketio.run({ port: "5000" });
`;

const asked = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "roomcast-package-"));
let failures = 0;
try {
  run("build", process.execPath, [join(root, "scripts/build.mjs")]);
  if (asked.length === 0) {
    npx("publint", "publint@0.3.25", ["publint", "--strict"]);
    npx("arethetypeswrong", "@arethetypeswrong/cli@0.18.5", ["attw", "--pack", ".", "--profile", "esm-only"]);
  }
  layOutProject();
  for (const version of asked.length === 0 ? compilers : asked) {
    for (const options of resolutions) {
      const config = join(folder, `tsconfig.${options.moduleResolution}.json`);
      writeFileSync(
        config,
        JSON.stringify({ compilerOptions: compilerOptions(options), files: ["program.ts"] }),
      );
      npx(`TypeScript ${version}, ${options.moduleResolution}`, `typescript@~${version}.0`, [
        "tsc",
        "-p",
        config,
      ]);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures > 0) process.exitCode = 1;

function compilerOptions(options) {
  return {
    ...options,
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    // The declarations of Node's types are for newer compilers than the oldest here.
    skipLibCheck: true,
    noEmit: true,
  };
}

/** A project with Roomcast and what npm installs with it. */
function layOutProject() {
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "program.ts"), program);
  for (const name of ["@types/node", "undici-types", "ws"]) link(name, join(root, "node_modules", name));
  link("roomcast", root);
}

function link(name, target) {
  const path = join(folder, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}

function npx(title, name, command) {
  run(title, "npm", ["exec", "--yes", `--package=${name}`, "--", ...command]);
}

function run(title, file, args) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  console.log(`${title}: ${status === 0 ? "ok" : "failed"}`);
  if (status === 0) return;
  failures += 1;
  console.log(`${error ?? ""}${stdout}${stderr}`);
}

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { runCommandLine } from "../../support/command-line.ts";

const parser = fileURLToPath(new URL("../../../node_modules/typescript-5.4", import.meta.url));
const program =
  'const io = require("socket.io")(3000);\nio.on("connection", (socket) => socket.emit("x"));\n';
const manifest = '{\n  "dependencies": {\n    "socket.io": "^4.8.1"\n  }\n}\n';

/** A project in a git repository, with everything committed. */
function project(files: Readonly<Record<string, string>>, git = true): string {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-migrate-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(parser, join(folder, "node_modules/typescript"));
  for (const [path, text] of Object.entries({ ".gitignore": "node_modules\n", ...files }))
    writeFileSync(join(folder, path), text);
  if (!git) return folder;
  const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  for (const words of [
    ["init", "-q"],
    ["add", "."],
    [...identity, "commit", "-qm", "begin"],
  ])
    execFileSync("git", words, { cwd: folder });
  return folder;
}

it("reports file by file, as text and as JSON", async () => {
  const folder = project({
    "server.js": program,
    "app.py": 'from flask_socketio import SocketIO, emit\nemit("x")\n',
    "index.html": '<script src="/socket.io/socket.io.js"></script>\n',
  });
  const { code, lines, errors } = await runCommandLine(["migrate", folder]);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(lines).toEqual(expect.arrayContaining(["app.py", "index.html", "server.js"]));
  expect(lines.join("\n")).toMatch(/ 2 {2}socket\.emit\("x"\) +emit\(event, data\)/);
  const json = (await runCommandLine(["migrate", folder, "--json"])).lines.map((line) => JSON.parse(line));
  expect(json).toContainEqual(
    expect.objectContaining({ type: "use", file: "server.js", line: 2, api: 'socket.emit("x")' }),
  );
  expect(json.at(-1)).toMatchObject({ type: "summary", files: 3 });
});

it("shows the changes for the bridge, and writes them only when it is told to", async () => {
  const folder = project({ "server.js": program, "package.json": manifest });
  const shown = await runCommandLine(["migrate", folder, "--bridge"]);
  expect(shown.code).toBe(0);
  expect(shown.lines).toEqual(
    expect.arrayContaining([
      '+const io = require("roomcast/socket.io")(3000);',
      '-    "socket.io": "^4.8.1"',
    ]),
  );
  expect(readFileSync(join(folder, "server.js"), "utf8")).toBe(program);
  expect((await runCommandLine(["migrate", folder, "--bridge", "--write"])).code).toBe(0);
  expect(readFileSync(join(folder, "server.js"), "utf8")).toContain('require("roomcast/socket.io")');
  expect(readFileSync(join(folder, "package.json"), "utf8")).toMatch(/"roomcast": "\^\d/);
});

it("does not write where git could not bring the files back, unless it is forced", async () => {
  const folder = project({ "server.js": program });
  writeFileSync(join(folder, "other.js"), "");
  const refused = await runCommandLine(["migrate", folder, "--bridge", "--write"]);
  expect(refused.code).toBe(1);
  expect(refused.errors).toContain(
    "A file has changes that are not committed (other.js). Commit first, or add --force.",
  );
  const outside = await runCommandLine([
    "migrate",
    project({ "a.js": program }, false),
    "--bridge",
    "--write",
  ]);
  expect(outside.errors).toContain("is in no git repository");
  expect(readFileSync(join(folder, "server.js"), "utf8")).toBe(program);
  expect((await runCommandLine(["migrate", folder, "--bridge", "--write", "--force"])).code).toBe(0);
});

it.each([
  [["migrate", "/nowhere/at/all"], 'The folder "/nowhere/at/all" is not there.'],
  [["migrate", parser, "--bridge"], "imports socket.io."],
  [["migrate", join(parser, "package.json")], "is a file. Give the folder"],
  [["migrate", ".", "--write"], "--write belongs to --bridge"],
])("names the mistake in %j", async (argv, text) => {
  const { code, errors } = await runCommandLine(argv as string[]);
  expect(code).toBe(1);
  expect(errors).toContain(text);
});

it("says that there is nothing to migrate", async () => {
  const { code, errors } = await runCommandLine(["migrate", project({ "a.js": "let x;" })]);
  expect(code).toBe(1);
  expect(errors).toContain("uses Socket.IO or Flask-SocketIO (files that were read: 1)");
});

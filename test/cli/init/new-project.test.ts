import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { packageName, projectFiles } from "../../../src/cli/init/new-project.ts";
import { templateNames } from "../../../src/cli/init/project-template.ts";
import { ownPackage } from "../../../src/cli/own-package.ts";
import { runCommandLine } from "../../support/command-line.ts";

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-new-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it.each(templateNames)("has all files and versions with the template %s", (template) => {
  const { devDependencies } = ownPackage();
  const files = projectFiles({
    folder: "/x/My Chat",
    template,
    roomcast: "^1.2.3",
    versions: devDependencies,
  });
  const manifest = JSON.parse(files["package.json"] ?? "");
  expect(manifest).toMatchObject({ name: "my-chat", dependencies: { roomcast: "^1.2.3" } });
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining([
      "server.ts",
      "chat.ts",
      "test/chat.test.ts",
      "tsconfig.json",
      ".gitignore",
      "README.md",
    ]),
  );
  // Every package that a file imports is a dependency.
  const packages = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const imported = Object.values(files).flatMap((text) =>
    [...text.matchAll(/(?:from |import\()"([a-z@][^"]*)"/g)].map(([, name = ""]) => name),
  );
  for (const name of imported.filter((each) => !each.startsWith("node:")))
    expect(packages).toContain(
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
});

it("makes names that npm takes", () => {
  expect(["/a/Chat Room!", "/a/--", "/a/poll"].map(packageName)).toEqual(["chat-room", "chat", "poll"]);
});

it("writes a project, and says how it starts", async () => {
  const folder = join(temporary(), "poll");
  const { code, lines } = await runCommandLine([
    "init",
    folder,
    "--template",
    "hono",
    "--roomcast",
    "../r.tgz",
  ]);
  expect([code, lines.slice(1)]).toEqual([0, [`  cd ${folder}`, "  npm install", "  npm run dev"]]);
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).dependencies.roomcast).toBe(
    "../r.tgz",
  );
});

it("writes into an empty folder, with git or without, and into no other", async () => {
  const folder = temporary();
  mkdirSync(join(folder, ".git"));
  writeFileSync(join(folder, "notes.txt"), "mine");
  const refused = await runCommandLine(["init", folder]);
  expect(refused.code).toBe(1);
  expect(refused.errors).toContain('is not empty ("notes.txt"). Give a new one');
  rmSync(join(folder, "notes.txt"));
  expect((await runCommandLine(["init", folder, "--json"])).code).toBe(0);
  const wrong = await runCommandLine(["init", join(folder, "x"), "--template", "expres"]);
  expect(wrong.errors).toContain("Did you mean express?");
});

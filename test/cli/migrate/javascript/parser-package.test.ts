import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadTypeScript } from "../../../../src/cli/migrate/javascript/parser-package.ts";

function project(packages: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-parser-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, code] of Object.entries(packages)) {
    mkdirSync(join(folder, "node_modules", name), { recursive: true });
    writeFileSync(join(folder, "node_modules", name, "index.js"), code);
  }
  return folder;
}

const parser = "exports.createSourceFile = () => {}; exports.version = '5.9.0';";

it("takes the project's own, or one under another name", () => {
  expect(loadTypeScript(project({ typescript: parser })).version).toBe("5.9.0");
  const beside = project({ typescript: "exports.version = '7.0.2';", "typescript-parser": parser });
  expect(loadTypeScript(beside).version).toBe("5.9.0");
});

it("says what to install where there is none, or TypeScript 7", () => {
  const install = "npm install --no-save typescript-parser@npm:typescript@5";
  expect(() => loadTypeScript(project({ typescript: "exports.version = '7.0.2';" }))).toThrow(
    `TypeScript 7.0.2 is installed, which gives other programs no parser: ${install}`,
  );
  expect(() => loadTypeScript(project({}))).toThrow(install);
});

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { installedPackage } from "../../src/files/installed-package.ts";

it("finds the folder of an installed package", () => {
  const folder = installedPackage("@socket.io/admin-ui");
  expect(folder).toContain(join("node_modules", "@socket.io", "admin-ui"));
  expect(existsSync(join(folder ?? "", "ui/dist/index.html"))).toBe(true);
});

it("finds a package that exports no package.json", () => {
  expect(installedPackage("hono-sessions")).toContain(join("node_modules", "hono-sessions"));
});

it("finds no package that is not installed", () => {
  expect(installedPackage("no-such-package-anywhere")).toBeUndefined();
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { iconStyles } from "../../src/admin/page-icons.ts";
import { installedPackage } from "../../src/files/installed-package.ts";

it("has every icon that the pages name themselves", () => {
  const folder = join(installedPackage("@socket.io/admin-ui") ?? "", "ui/dist/js");
  const scripts = readdirSync(folder).filter((name) => /^app\..*\.js$/.test(name));
  const names = new Set(
    scripts.flatMap((name) => readFileSync(join(folder, name), "utf8").match(/mdi-[a-z-]+/g) ?? []),
  );
  expect(names.size).toBeGreaterThan(10);
  const styles = iconStyles();
  expect([...names].filter((name) => !styles.includes(`.${name} {`))).toEqual([]);
});

it("asks for no file", () => {
  expect(iconStyles().match(/url\("(?!data:image\/svg)/g)).toBeNull();
});

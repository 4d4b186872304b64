/**
 * The site of the documents, from the pages of docs/ as they are:
 *
 *     npm run docs:dev      serves it, and shows each change to a page at once
 *     npm run docs:build    writes it to site/dist, and checks every link; SITE_BASE is the path
 *                           that it is served below, by default /
 *     npm run docs:serve    serves what was built
 *
 * The first run installs the packages of site/package-lock.json. Arguments after `--` go to VitePress.
 */

import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { siteBase } from "./base.ts";
import { siteFaults } from "./built-site.ts";

const site = fileURLToPath(new URL(".", import.meta.url));
const commands = { dev: "dev", build: "build", serve: "preview" } as const;

const [name = "", ...rest] = process.argv.slice(2);
const command = commands[name as keyof typeof commands];
if (command === undefined) {
  console.error(`usage: npm run docs:${Object.keys(commands).join(" | docs:")}`);
  process.exit(1);
}

installIfMissing();
const address = command === "build" ? [] : ["--host", "127.0.0.1"];
run(process.execPath, [
  join(site, "node_modules/vitepress/bin/vitepress.js"),
  command,
  ".",
  ...address,
  ...rest,
]);
if (command === "build") check();

function installIfMissing(): void {
  const installed = join(site, "node_modules/.package-lock.json");
  const wanted = join(site, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  console.log("Installing VitePress for the site (once, about 100 MB).");
  run("npm", ["ci", "--loglevel=error"]);
}

function check(): void {
  const { faults, pages, links } = siteFaults(join(site, "dist"), siteBase());
  for (const fault of faults) console.error(fault);
  console.log(`${pages} pages, ${links} links, ${faults.length} faults`);
  if (faults.length > 0) process.exit(1);
}

function run(file: string, args: readonly string[]): void {
  const shell = process.platform === "win32" && file === "npm";
  const { status, error } = spawnSync(file, args, { cwd: site, stdio: "inherit", shell });
  if (error) console.error(`${file} did not start: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

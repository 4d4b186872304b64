/** docs/command-line.md lists the commands, the common options, the exit codes and the doctor's codes. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sharedFlags } from "../../src/cli/command-line.ts";
import { commands } from "../../src/cli/command-list.ts";
import { exitCodes } from "../../src/cli/exit-code.ts";
import { connectionFlags } from "../../src/cli/session/connection-flags.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = read("docs/command-line.md");

/**
 * The names in code font in the first cells of all rows. After `certificate-expired`, `-early` stands for
 * `certificate-early`.
 */
const listed = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .flatMap((line) => {
    let prefix = "";
    return [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => {
      if (/^-[a-z]{2}/.test(name)) return prefix + name;
      [prefix = ""] = name.split("-");
      return name;
    });
  });

describe("docs/command-line.md", () => {
  it("names every command and every option", () => {
    const flags = commands.flatMap(({ flags: own }) => own.map(({ flag }) => flag));
    const names = flags.flatMap((flag) => flag.match(/--[a-z-]+/g) ?? []);
    const commandNames = commands.map(({ name }) => name);
    expect(commandNames).toContain("doctor");
    expect(commandNames.filter((name) => !page.includes(`roomcast ${name}`))).toEqual([]);
    expect([...new Set(names)].filter((name) => !page.includes(name))).toEqual([]);
  });

  it("has a row for each common option", () => {
    const common = [...connectionFlags, ...sharedFlags].flatMap(({ flag }) => flag.match(/--[a-z-]+/g) ?? []);
    expect(listed.filter((name) => name.startsWith("--")).toSorted()).toEqual(
      common.filter((name) => name !== "--help").toSorted(),
    );
  });

  it("lists every code of the doctor", () => {
    const folder = new URL("../../src/cli/doctor/", import.meta.url);
    const source = readdirSync(folder)
      .map((name) => read(`src/cli/doctor/${name}`))
      .join("\n");
    const codes = [...source.matchAll(/\b(?:warning|fault)\(\s*[^,()]+,\s*"([a-z0-9-]+)"/g)];
    expect(codes.length).toBeGreaterThan(60);
    expect(
      [...new Set(codes.map(([, code]) => code))].filter((code) => !listed.includes(code ?? "")),
    ).toEqual([]);
  });

  it("lists every exit code", () => {
    const rows = [...page.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(rows).toEqual(Object.values(exitCodes));
  });
});

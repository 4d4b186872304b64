/** `roomcast init`: a new project that starts at once, and has a test. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { Invocation } from "../command.ts";
import { CommandFailure, type ExitCode, exitCodes, usageFailure } from "../exit-code.ts";
import { requireEmpty, writeProject } from "../init/new-project.ts";
import { type TemplateName, templateNames, templateTexts } from "../init/project-template.ts";
import { askLine } from "../input/secret.ts";
import { ownPackage } from "../own-package.ts";
import { interruption } from "../session/outcome.ts";

/** Writes the project, and says how it starts. */
export async function initCommand(invocation: Invocation): Promise<ExitCode> {
  const { values, flags, terminal, signal } = invocation;
  const folder = values[0] ?? ".";
  requireEmpty(folder);
  const template = await chooseTemplate(invocation);
  const { version, devDependencies } = ownPackage();
  const roomcast = flags.text("roomcast") ?? `^${version}`;
  const files = writeProject({ folder, template, roomcast, versions: devDependencies });
  if (flags.has("install")) await install(folder, signal);
  if (flags.has("json")) {
    terminal.printJson({ type: "project", folder: resolve(folder), template, files });
    return exitCodes.done;
  }
  terminal.print(`A project with ${templateTexts[template]} is in ${resolve(folder)}. Now:`);
  if (folder !== ".") terminal.print(`  cd ${folder}`);
  if (!flags.has("install")) terminal.print("  npm install");
  terminal.print("  npm run dev");
  return exitCodes.done;
}

async function chooseTemplate({ flags, terminal, signal }: Invocation): Promise<TemplateName> {
  if (flags.text("template") !== undefined || !terminal.isInteractive || flags.has("json"))
    return flags.oneOf("template", templateNames, "express");
  for (const [index, name] of templateNames.entries())
    terminal.print(`  ${index + 1}  ${name.padEnd(8)} ${templateTexts[name]}`);
  const answer = await askLine(terminal, { label: "Which one? [2] ", isSecret: false, signal });
  if (answer === undefined) throw interruption();
  const text = answer.trim() || "2";
  const chosen = templateNames[Number(text) - 1] ?? templateNames.find((name) => name === text);
  if (chosen !== undefined) return chosen;
  throw usageFailure(
    `Give a number from 1 to ${templateNames.length}, or one of ${templateNames.join(", ")}.`,
  );
}

async function install(folder: string, signal: AbortSignal): Promise<void> {
  const npm = spawn("npm", ["install"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
    signal,
  });
  const [code] = (await once(npm, "exit").catch((error: unknown) => {
    if (signal.aborted) throw interruption();
    throw error;
  })) as [number | null];
  if (code !== 0)
    throw new CommandFailure(
      exitCodes.refused,
      `npm install failed in ${folder}, where the project is. Roomcast is not on npm before its first release: --roomcast names a file instead.`,
    );
}

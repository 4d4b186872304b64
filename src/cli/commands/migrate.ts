/** `roomcast migrate`: what a program uses of Socket.IO or Flask-SocketIO, and what that becomes. */

import { existsSync, statSync } from "node:fs";
import { printable, quoted } from "../../base/printable.ts";
import type { Invocation } from "../command.ts";
import { CommandFailure, type ExitCode, exitCodes, usageFailure } from "../exit-code.ts";
import { askLine } from "../input/secret.ts";
import { type BridgePlan, planBridge, writeChanges } from "../migrate/bridge/bridge-plan.ts";
import { lineDiff } from "../migrate/bridge/line-diff.ts";
import { workTreeState } from "../migrate/bridge/work-tree.ts";
import { readJavaScript } from "../migrate/javascript/javascript-reader.ts";
import { loadTypeScript, type TypeScript } from "../migrate/javascript/parser-package.ts";
import { type FileUses, showFile, showSummary, summarise } from "../migrate/migration-report.ts";
import { type ProgramUse, unchanged } from "../migrate/program-use.ts";
import { readPython } from "../migrate/python/python-reader.ts";
import { findSourceFiles, type SourceFile } from "../migrate/source-files.ts";
import { ownPackage } from "../own-package.ts";

/** Reads a project, and reports, or rewrites its imports. */
export async function migrateCommand(invocation: Invocation): Promise<ExitCode> {
  const { values, flags } = invocation;
  const [folder = ""] = values;
  checkFolder(folder);
  const { files, skipped } = findSourceFiles(folder);
  // The parser is only loaded where there is something for it.
  let parser: TypeScript | undefined;
  const typescript = () => {
    parser ??= loadTypeScript(folder);
    return parser;
  };
  if (flags.has("bridge")) return bridge(folder, files, { invocation, typescript });
  if (flags.has("write")) throw usageFailure("--write belongs to --bridge: the report changes no file.");
  return report(folder, files, { invocation, typescript, skipped });
}

function report(
  folder: string,
  files: readonly SourceFile[],
  {
    invocation: { flags, terminal },
    typescript,
    skipped,
  }: { invocation: Invocation; typescript: () => TypeScript; skipped: number },
): ExitCode {
  const isJson = flags.has("json");
  const isServer = files.some(({ kind, text }) => kind === "javascript" && /["']socket\.io["']/.test(text));
  const width = terminal.output.columns ?? 160;
  const noted = new Set<string>();
  const found: FileUses[] = [];
  for (const file of files) {
    const uses = usesOf(file, { typescript, isServer });
    if (uses.length === 0) continue;
    const fileUses = { path: file.path, uses };
    found.push(fileUses);
    if (isJson) for (const use of uses) terminal.printJson({ type: "use", file: file.path, ...use });
    else
      for (const line of showFile(fileUses, { colors: terminal.colors, width, noted })) terminal.print(line);
  }
  if (skipped > 0) terminal.note(`${skipped} files are too large, or too many, and were not read.`);
  if (found.length === 0)
    throw new CommandFailure(
      exitCodes.refused,
      `No program in ${quoted(folder)} uses Socket.IO or Flask-SocketIO (files that were read: ${files.length}).`,
    );
  const summary = summarise(found);
  if (isJson) terminal.printJson({ type: "summary", ...summary });
  else for (const line of showSummary(summary, terminal.colors)) terminal.print(line);
  return exitCodes.done;
}

function usesOf(
  { path, kind, text }: SourceFile,
  { typescript, isServer }: { typescript: () => TypeScript; isServer: boolean },
): ProgramUse[] {
  if (kind === "python") return text.includes("socketio") ? readPython(text) : [];
  if (kind === "page") return pageUses(text);
  if (kind !== "javascript") return [];
  const isNamed = /socket\.io/.test(text);
  // A file that gets server and sockets from others does not name the package.
  if (!isNamed && !(isServer && /\b(?:io|socket)\b/.test(text))) return [];
  const trustsNames = isServer && !text.includes("socket.io-client");
  return readJavaScript(typescript(), { path, text, trustsNames });
}

/** Pages load the client's script. */
function pageUses(text: string): ProgramUse[] {
  return text.split("\n").flatMap((line, index) => {
    const found = /\/socket\.io\/socket\.io[\w.]*\.js|socket\.io-client/.exec(line);
    if (found === null) return [];
    const becomes = found[0].startsWith("/")
      ? "stays: served where socket.io-client is installed"
      : "stays: clients of Socket.IO are served";
    return [
      { api: found[0], line: index + 1, column: found.index + 1, ...unchanged("socket.io-client", becomes) },
    ];
  });
}

async function bridge(
  folder: string,
  files: readonly SourceFile[],
  { invocation, typescript }: { invocation: Invocation; typescript: () => TypeScript },
): Promise<ExitCode> {
  const { flags, terminal } = invocation;
  const isJson = flags.has("json");
  const needsParser = files.some(({ kind, text }) => kind === "javascript" && text.includes("socket.io"));
  if (!needsParser)
    throw new CommandFailure(exitCodes.refused, `No program in ${quoted(folder)} imports socket.io.`);
  const plan = planBridge(typescript(), files, ownPackage().version);
  if (plan.changes.length === 0)
    throw new CommandFailure(exitCodes.refused, `No program in ${quoted(folder)} imports socket.io.`);
  for (const line of shownPlan(plan, invocation)) terminal.print(line);
  for (const line of shownDifferences(files, typescript(), invocation)) terminal.print(line);
  const state = workTreeState(folder);
  const mayWrite = flags.has("write") || (await isConfirmed(invocation, plan));
  if (!mayWrite) {
    if (!isJson) terminal.print("Nothing was written: add --write.");
    return exitCodes.done;
  }
  if (state.type !== "clean" && !flags.has("force")) throw notClean(state, folder);
  writeChanges(folder, plan.changes);
  const { length } = plan.changes;
  if (isJson) terminal.printJson({ type: "written", files: plan.changes.map(({ path }) => path) });
  else terminal.print(`${length} ${length === 1 ? "file was" : "files were"} written. Now: npm install`);
  return exitCodes.done;
}

function shownPlan({ changes, problems }: BridgePlan, { flags, terminal: { colors } }: Invocation): string[] {
  if (flags.has("json"))
    return [
      ...changes.map(({ path, before, after }) =>
        JSON.stringify({ type: "change", file: path, diff: lineDiff(path, before, after) }),
      ),
      ...problems.map((text) => JSON.stringify({ type: "problem", text })),
    ];
  const paint = (line: string) => {
    if (/^(?:---|\+\+\+|@@)/.test(line)) return colors.bold(line);
    return line.startsWith("+") ? colors.green(line) : line.startsWith("-") ? colors.red(line) : line;
  };
  return [
    ...changes.flatMap(({ path, before, after }) => lineDiff(path, before, after).map(paint)),
    ...problems.map((text) => colors.yellow(`! ${text}`)),
  ];
}

/** What of the program's uses is not the same on the bridge, each difference once. */
function shownDifferences(
  files: readonly SourceFile[],
  typescript: TypeScript,
  { flags, terminal: { colors } }: Invocation,
): string[] {
  const differences = new Map<string, ProgramUse & { readonly file: string }>();
  for (const file of files) {
    if (file.kind !== "javascript") continue;
    for (const use of usesOf(file, { typescript: () => typescript, isServer: true }))
      if (use.bridge && !use.bridge.startsWith("see ") && !differences.has(use.bridge))
        differences.set(use.bridge, { ...use, file: file.path });
  }
  const found = [...differences.values()];
  if (flags.has("json"))
    return found.map(({ file, line, api, bridge: text }) =>
      JSON.stringify({ type: "difference", file, line, api, text }),
    );
  if (found.length === 0) return [];
  return [
    "",
    colors.bold("What differs there:"),
    ...found.map(({ file, line, api, bridge: text }) => printable(`  ${file}:${line} ${api}: ${text}`)),
    "",
  ];
}

async function isConfirmed(
  { terminal, flags, signal }: Invocation,
  { changes }: BridgePlan,
): Promise<boolean> {
  if (!terminal.isInteractive || flags.has("json")) return false;
  const label = `Write ${changes.length === 1 ? "this file" : `these ${changes.length} files`}? [y/N] `;
  const answer = await askLine(terminal, { label, isSecret: false, signal });
  return /^y(?:es)?$/i.test(answer?.trim() ?? "");
}

function notClean(
  state: Exclude<ReturnType<typeof workTreeState>, { type: "clean" }>,
  folder: string,
): CommandFailure {
  const reason =
    state.type === "none"
      ? `${quoted(folder)} is in no git repository, so git could not bring the files back`
      : `${state.paths.length === 1 ? "A file has changes" : `${state.paths.length} files have changes`} that are not committed (${state.paths.slice(0, 3).join(", ")})`;
  return new CommandFailure(
    exitCodes.refused,
    `${reason}. Commit first, or add --force. Nothing was written.`,
  );
}

function checkFolder(folder: string): void {
  if (!existsSync(folder)) throw usageFailure(`The folder ${quoted(folder)} is not there.`);
  if (!statSync(folder).isDirectory())
    throw usageFailure(`${quoted(folder)} is a file. Give the folder of the project.`);
}

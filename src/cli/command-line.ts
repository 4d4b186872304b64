/** Reads a command line with `cac`: which command is meant, with which values and options. */

import { cac } from "cac";
import { nearest } from "../base/options.ts";
import { quoted } from "../base/printable.ts";
import type { CommandSpec, FlagSpec } from "./command.ts";
import { usageFailure } from "./exit-code.ts";
import { Flags } from "./input/flags.ts";

/** What a command line asks for. */
export type ParsedCommandLine =
  | { type: "version" }
  | { type: "help"; command: CommandSpec | undefined }
  | { type: "run"; command: CommandSpec; values: readonly string[]; flags: Flags };

/** The options of every command. */
export const sharedFlags: readonly FlagSpec[] = [
  { flag: "--json", text: "one line of JSON for each thing that happens, for programs" },
  { flag: "--no-color", text: "no colours, which are on in a terminal" },
  { flag: "--debug", text: "shows every packet, and the stack of an error" },
  { flag: "-h, --help", text: "this text" },
];

/** Keeps the parser from reading `007` as 7. It takes the mark for text, and no argument can hold it. */
const mark = "\0";

/**
 * Reads a command line.
 *
 * @param argv - what follows the name of the program
 * @throws CommandFailure when it is wrong: it says what was probably meant
 */
export function parseCommandLine(
  argv: readonly string[],
  commands: readonly CommandSpec[],
): ParsedCommandLine {
  const first = argv[0];
  if (first === "--version" || first === "-v") return { type: "version" };
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    const asked = first === "help" && argv[1] !== undefined ? findCommand(argv[1], commands) : undefined;
    return { type: "help", command: asked };
  }
  const command = findCommand(first, commands);
  const flags = [...command.flags, ...sharedFlags];
  const names = flags.map(longName);
  const parser = cac("roomcast");
  const parsed = parser.command(`${command.name} [...values]`, "");
  // A negated option alone would be on by default.
  for (const { flag } of flags) parsed.option(flag.replace(/^-\w, /, "").replace("--no-", "--"), "");
  const [before, after] = cutAtDashes(argv.slice(1), flags);
  const { args, options } = parser.parse(
    [
      "node",
      "roomcast",
      command.name,
      ...before.map((text, index) => marked(text, before[index - 1], flags)),
    ],
    { run: false },
  );
  const given = new Map<string, readonly (string | boolean)[]>();
  for (const [key, value] of Object.entries(options)) {
    if (key === "--") continue;
    const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!names.includes(name)) throw unknownFlag(name, names, command);
    given.set(
      name,
      [value].flat().map((part) => (typeof part === "string" ? unmarked(part) : part === true)),
    );
  }
  for (const spec of flags) checkValue(spec, given);
  if (given.get("help")?.at(-1) === true) return { type: "help", command };
  const values = [...args.map((text) => unmarked(String(text))), ...after];
  checkValues(command, values);
  return { type: "run", command, values, flags: new Flags(given) };
}

function findCommand(name: string, commands: readonly CommandSpec[]): CommandSpec {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  const meant = /^(?:https?|wss?):|^localhost/.test(name) ? `connect ${name}` : nearest(name, names);
  const help = meant === undefined ? `Commands: ${names.join(", ")}.` : `Did you mean \`roomcast ${meant}\`?`;
  throw usageFailure(`There is no command ${quoted(name)}. ${help}`);
}

function unknownFlag(name: string, names: readonly string[], command: CommandSpec): Error {
  const dashes = name.length === 1 ? "-" : "--";
  const meant = name.length === 1 ? undefined : nearest(name, names);
  const help =
    meant === undefined ? `\`roomcast ${command.name} --help\` lists them.` : `Did you mean --${meant}?`;
  return usageFailure(`roomcast ${command.name} has no option ${quoted(`${dashes}${name}`)}. ${help}`);
}

/** An option that takes a value has one. */
function checkValue(spec: FlagSpec, given: ReadonlyMap<string, readonly (string | boolean)[]>): void {
  const values = given.get(longName(spec)) ?? [];
  const takesValue = spec.flag.includes("<");
  const isMissing = takesValue && values.some((value) => typeof value === "boolean");
  if (isMissing) throw usageFailure(`--${longName(spec)} needs a value: ${spec.flag}.`);
}

function checkValues(command: CommandSpec, values: readonly string[]): void {
  const wanted = command.values.split(" ").filter((word) => /^[<[]/.test(word));
  const least = wanted.filter((word) => word.startsWith("<"));
  const usage = `Usage: roomcast ${command.name} ${command.values}`;
  const missing = least[values.length];
  if (missing !== undefined) throw usageFailure(`${missing} is missing. ${usage}`);
  const isOpen = wanted.some((word) => word.includes("..."));
  if (!isOpen && values.length > wanted.length)
    throw usageFailure(`${quoted(values[wanted.length] ?? "")} is one value too many. ${usage}`);
}

function longName({ flag }: FlagSpec): string {
  return /--(?:no-)?([a-z][a-z0-9-]*)/.exec(flag)?.[1] ?? "";
}

/** Writes the names of options out. What follows `--` are values, whatever they look like. */
function cutAtDashes(argv: readonly string[], flags: readonly FlagSpec[]): [string[], string[]] {
  const at = argv.indexOf("--");
  const before = at === -1 ? argv : argv.slice(0, at);
  const longNames = before.map((text) => {
    const spec = /^-[a-zA-Z]$/.test(text) ? flags.find((flag) => isFlag(text, flag)) : undefined;
    return spec === undefined ? text : `--${longName(spec)}`;
  });
  return [longNames, at === -1 ? [] : argv.slice(at + 1)];
}

function marked(text: string, before: string | undefined, flags: readonly FlagSpec[]): string {
  // A negative number is a value, as is what follows an option that takes one.
  const follows =
    before !== undefined && flags.some((spec) => spec.flag.includes("<") && isFlag(before, spec));
  if (
    !text.startsWith("-") ||
    /^-[\d.]/.test(text) ||
    text === "-" ||
    (follows && !flags.some((spec) => isFlag(text, spec)))
  )
    return mark + text;
  const equals = text.indexOf("=");
  const name = text.slice(0, equals);
  // The parser would take the text for a value of the command.
  if (equals !== -1 && flags.some((spec) => isFlag(name, spec) && !spec.flag.includes("<")))
    throw usageFailure(`${name} takes no value.`);
  return equals === -1 ? text : `${text.slice(0, equals + 1)}${mark}${text.slice(equals + 1)}`;
}

function isFlag(text: string, { flag }: FlagSpec): boolean {
  return flag.replace(/ <.*$/, "").split(", ").includes(text);
}

function unmarked(text: string): string {
  return text.startsWith(mark) ? text.slice(mark.length) : text;
}

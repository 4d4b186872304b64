/**
 * The values of an event as people type them: JSON, plain words, and files. `{"a":1}`, `5` and `"5"` are
 * JSON; `hello` is text; `@photo.png` is the bytes of a file; `@@ada` is the text `@ada`.
 */

import { readFileSync } from "node:fs";
import { printable, quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";

/**
 * Reads one value.
 *
 * @throws CommandFailure when it begins as JSON and is none, or its file cannot be read
 */
export function readEventValue(text: string): unknown {
  if (text.startsWith("@@")) return text.slice(1);
  if (text.startsWith("@") && text.length > 1) return readBytes(text.slice(1));
  try {
    return JSON.parse(text);
  } catch (error) {
    if (/^\s*[{["]/.test(text)) throw notJson(text, error);
    return text;
  }
}

/** Reads the name of an event, which may stand in quotes. */
export function readEventName(word: string): string {
  if (!/^".*"$/s.test(word)) return word;
  const name: unknown = readEventValue(word);
  return typeof name === "string" ? name : word;
}

/**
 * Reads what must be a JSON object, from the text or from a file named as `@auth.json`.
 *
 * @param name - the option that it is for
 */
export function readJsonObject(text: string, name: string): Record<string, unknown> {
  const json = text.startsWith("@") ? readBytes(text.slice(1)).toString() : text;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw notJson(json, error, `--${name}: `);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw usageFailure(`--${name} takes a JSON object such as {"token":"x"}, not ${quoted(json)}.`);
}

/** The words of a line, each a value: quotes and brackets hold spaces together, as in `say {"a": 1} two`. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let index = 0;
  while (index < line.length) {
    if (/\s/.test(line.charAt(index))) {
      index += 1;
      continue;
    }
    const end = endOfWord(line, index);
    words.push(unquoted(line.slice(index, end)));
    index = end;
  }
  return words;
}

function endOfWord(line: string, start: number): number {
  const first = line.charAt(start);
  let depth = 0;
  let quote = "";
  for (let index = start; index < line.length; index++) {
    const character = line.charAt(index);
    if (quote !== "") {
      if (character === "\\" && quote === '"') index += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || (character === "'" && index === start)) quote = character;
    else if (/[{[]/.test(character) && /[{[]/.test(first)) depth += 1;
    else if (/[}\]]/.test(character) && depth > 0) depth -= 1;
    else if (/\s/.test(character) && depth === 0) return index;
  }
  return line.length;
}

/** Single quotes are those of a shell, which people type here, too. */
function unquoted(word: string): string {
  return /^'.*'$/s.test(word) && word.length > 1 ? word.slice(1, -1) : word;
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "is not there" : code === "EISDIR" ? "is a folder" : `cannot be read (${code})`;
    throw usageFailure(
      `The file ${quoted(path)} ${reason}. A value that begins with @ names a file; write @@ for text that begins with @.`,
    );
  }
}

function notJson(text: string, error: unknown, place = ""): Error {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  let help = error instanceof Error ? `${printable(error.message)}.` : "";
  if (hasBareNames(text)) help = 'Names need double quotes, as in {"text":"hi"}.';
  else if (/'/.test(text)) help = "JSON has double quotes, and none that are single.";
  else if (/[{[][^"]*$/.test(text) || text.startsWith('"'))
    help += " In a shell, put single quotes around JSON.";
  return usageFailure(`${place}${printable(shown)} is not JSON. ${help}`.trim());
}

/** Whether names stand before colons without quotes, as in `{text:"hi"}`. */
function hasBareNames(text: string): boolean {
  const members = text.split(/[{,]/).slice(1);
  return members.some((member) => {
    const [name = "", ...value] = member.split(":");
    return value.length > 0 && /^[A-Za-z_]\w*$/.test(name.trim());
  });
}

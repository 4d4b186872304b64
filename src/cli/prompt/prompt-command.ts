/** The commands of the prompt of `roomcast connect`: lines that people type, or that a pipe brings. */

import { nearest } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";
import { readDuration } from "../input/duration.ts";
import { readEventName, readEventValue, readJsonObject, splitWords } from "../input/event-value.ts";

/** A line that was understood. */
export type PromptCommand =
  | { type: "nothing" }
  | { type: "emit" | "call"; event: string; values: readonly unknown[] }
  | { type: "answer"; number: number; values: readonly unknown[] }
  | { type: "namespace"; name: string; auth: Record<string, unknown> | undefined }
  | { type: "leave"; name: string | undefined }
  | { type: "auth"; auth: Record<string, unknown> | undefined }
  | { type: "wait"; duration: number }
  | { type: "wait for"; event: string }
  | { type: "status" | "reconnect" | "help" | "exit" };

/** The words that a line may begin with, what follows them, and what they do. */
export const promptCommands: Readonly<Record<string, readonly [values: string, text: string]>> = {
  emit: ["<event> [values…]", "sends an event; values are JSON, words, or @files"],
  call: ["<event> [values…]", "sends an event, and shows the answer and its time"],
  answer: ["<number> [values…]", "answers an event that wants an answer"],
  namespace: ["<name> [auth]", "joins a namespace; what follows goes there"],
  leave: ["[name]", "leaves a namespace"],
  auth: ["[json]", "joins the namespace again with other auth, or with none"],
  wait: ["<time or event>", "goes on after that time, or when that event has come"],
  status: ["", "shows the connection"],
  reconnect: ["", "closes the connection, and opens it again"],
  help: ["", "this list"],
  exit: ["", "leaves; Ctrl-C and Ctrl-D do the same"],
};

/**
 * Reads a line.
 *
 * @throws CommandFailure when it is not understood: it says what was probably meant
 */
export function readPromptCommand(line: string): PromptCommand {
  const [word = "", ...rest] = splitWords(line);
  if (word === "" || word.startsWith("#")) return { type: "nothing" };
  switch (word) {
    case "emit":
    case "call": {
      const [event, ...values] = rest;
      if (event === undefined) throw needs(word);
      return { type: word, event: readEventName(event), values: values.map(readEventValue) };
    }
    case "answer": {
      const [number = "", ...values] = rest;
      if (!/^\d{1,9}$/.test(number)) throw needs(word);
      return { type: word, number: Number(number), values: values.map(readEventValue) };
    }
    case "namespace": {
      const [name, auth] = rest;
      if (name === undefined) throw needs(word);
      return { type: word, name: slashed(name), auth: readAuth(auth) };
    }
    case "leave":
      return { type: word, name: rest[0] === undefined ? undefined : slashed(rest[0]) };
    case "auth":
      return { type: word, auth: readAuth(rest[0]) };
    case "wait": {
      const [what] = rest;
      if (what === undefined) throw needs(word);
      const duration = readDuration(what);
      return duration === undefined
        ? { type: "wait for", event: readEventName(what) }
        : { type: "wait", duration };
    }
    case "status":
    case "reconnect":
    case "help":
    case "exit":
      return { type: word };
    case "quit":
      return { type: "exit" };
    case "join":
      throw usageFailure(
        'A server puts clients into rooms: emit the event that it has for that, such as emit join {"room":"tea"}. `namespace /chat` joins a namespace.',
      );
    default: {
      const meant = nearest(word, Object.keys(promptCommands));
      const help = meant === undefined ? "`help` lists the commands." : `Did you mean ${meant}?`;
      throw usageFailure(
        `There is no command ${quoted(word)}. ${help} To send an event: emit ${line.trim()}`,
      );
    }
  }
}

/** The list that `help` shows. */
export function promptHelp(): readonly string[] {
  const rows = Object.entries(promptCommands).map(([word, [values, text]]) => [`${word} ${values}`, text]);
  const width = Math.max(...rows.map(([left = ""]) => left.length));
  return rows.map(([left = "", text = ""]) => `  ${left.padEnd(width)}  ${text}`);
}

function needs(word: string): Error {
  const [values, text] = promptCommands[word] ?? ["", ""];
  return usageFailure(`${word} needs more: ${word} ${values} (${text}).`);
}

function readAuth(text: string | undefined): Record<string, unknown> | undefined {
  return text === undefined ? undefined : readJsonObject(text, "auth");
}

function slashed(name: string): string {
  return name.startsWith("/") ? name : `/${name}`;
}

import { expect, it } from "vitest";
import { promptCommands, promptHelp, readPromptCommand } from "../../../src/cli/prompt/prompt-command.ts";

it.each([
  ["", { type: "nothing" }],
  ["# a note", { type: "nothing" }],
  ['emit say {"a": [1, 2]} two', { type: "emit", event: "say", values: [{ a: [1, 2] }, "two"] }],
  ['call "ask me"', { type: "call", event: "ask me", values: [] }],
  ["answer 3 yes", { type: "answer", number: 3, values: ["yes"] }],
  ["namespace chat", { type: "namespace", name: "/chat", auth: undefined }],
  ['namespace /chat {"a":1}', { type: "namespace", name: "/chat", auth: { a: 1 } }],
  ["leave", { type: "leave", name: undefined }],
  ["auth", { type: "auth", auth: undefined }],
  ["wait 2s", { type: "wait", duration: 2000 }],
  ["wait said", { type: "wait for", event: "said" }],
  ["quit", { type: "exit" }],
])("reads %s", (line, command) => {
  expect(readPromptCommand(line)).toEqual(command);
});

it.each([
  ["emit", "emit needs more: emit <event> [values…]"],
  ["answer x", "answer needs more: answer <number>"],
  ["sttus", "Did you mean status?"],
  ["zzzzzzz 1", "To send an event: emit zzzzzzz 1"],
  ["auth 5", "--auth takes a JSON object"],
  ["join tea", "A server puts clients into rooms"],
])("says what was meant in place of %s", (line, message) => {
  expect(() => readPromptCommand(line)).toThrow(message);
});

it("lists every command", () => {
  expect(promptHelp()).toHaveLength(Object.keys(promptCommands).length);
});

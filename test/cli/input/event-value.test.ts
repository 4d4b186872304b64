import { expect, it } from "vitest";
import { readEventValue, readJsonObject, splitWords } from "../../../src/cli/input/event-value.ts";

it("reads JSON, words and files", () => {
  expect(["5", '"5"', "true", "null", '{"a":[1]}', "hello", "@@ada", "@", "007"].map(readEventValue)).toEqual(
    [5, "5", true, null, { a: [1] }, "hello", "@ada", "@", "007"],
  );
  expect(readEventValue(`@${import.meta.filename}`)).toBeInstanceOf(Buffer);
});

it.each([
  ["{text: 1}", 'Names need double quotes, as in {"text":"hi"}.'],
  ["{'text': 1}", "JSON has double quotes"],
  ["[1,", "In a shell, put single quotes around JSON."],
  ["@nothing-here", 'The file "nothing-here" is not there.'],
  ["@src", 'The file "src" is a folder.'],
])("says why %s is no value", (text, message) => {
  expect(() => readEventValue(text)).toThrow(message);
});

it("reads an object for an option", () => {
  expect(readJsonObject('{"token":"x"}', "auth")).toEqual({ token: "x" });
  expect(() => readJsonObject("[1]", "auth")).toThrow("--auth takes a JSON object such as");
  expect(() => readJsonObject("x", "auth")).toThrow("--auth: x is not JSON.");
});

it("divides a line into words, and keeps JSON and quotes together", () => {
  expect(splitWords('say {"a": "x } y", "b": [1, 2]} two  "three four" \'five six\' it\'s')).toEqual([
    "say",
    '{"a": "x } y", "b": [1, 2]}',
    "two",
    '"three four"',
    "five six",
    "it's",
  ]);
  expect(splitWords("  ")).toEqual([]);
});

import { expect, it } from "vitest";
import { pythonTokens } from "../../../../src/cli/migrate/python/python-tokens.ts";

const texts = (source: string) =>
  pythonTokens(source)
    .filter(({ type }) => type !== "line")
    .map(({ type, text }) => `${type} ${text}`);
const lines = (source: string) =>
  pythonTokens(source)
    .filter(({ type }) => type === "line")
    .map(({ line, indent }) => [line, indent]);

it("reads names, numbers, signs and texts, and leaves comments out", () => {
  expect(texts("emit('a', x=5.5)  # emit('b')")).toEqual([
    ...["name emit", "sign (", "text a", "sign ,", "name x", "sign =", "number 5.5", "sign )"],
  ]);
});

it("reads texts of every kind", () => {
  expect(texts(`'it\\'s' "#no" r'\\d' f"{x['y']}" b"""two\nlines""" ''`)).toEqual([
    ...["text it's", "text #no", "text \\d", "text {x['y']}", "text two\nlines", "text "],
  ]);
  // A mark that is not closed ends with its line.
  expect(texts("x = 'open\ny")).toEqual(["name x", "sign =", "text open", "name y"]);
});

it("tells lines with their indentation; lines in brackets, and after a backslash, are one", () => {
  expect(lines("a\n  b(\n1,\n    2)\n\n# c\n\td\ne = 1 \\\n  + 2\nf")).toEqual([
    [1, 0],
    [2, 2],
    [7, 8],
    [8, 0],
    [10, 0],
  ]);
});

it("counts the lines of long texts", () => {
  expect(pythonTokens('"""a\nb"""\nname').at(-1)).toMatchObject({ text: "name", line: 3, column: 1 });
});

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { attributes, callDuration } from "../../src/observe/opentelemetry/names.ts";
import { telemetryOptions } from "../../src/observe/opentelemetry/telemetry-options.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = read("docs/opentelemetry.md");

/** The rows of the table in a section, without its head. */
function rows(heading: string): string[][] {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  return (section.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
}

it("docs/opentelemetry.md lists every attribute in the order of the code", () => {
  expect(rows("Attributes").map(([, name]) => name)).toEqual(
    Object.values(attributes).map((name) => `\`${name}\``),
  );
  expect(page).toContain(`\`${callDuration}\` is a histogram`);
});

it("docs/opentelemetry.md lists every option with its default, and with the text of the table", () => {
  const source = read("src/observe/opentelemetry/telemetry-options.ts");
  const expected = Object.entries(telemetryOptions).map(([name, { default: fallback }]) => {
    const [, comment = ""] = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*${name}: `).exec(source) ?? [];
    const text = comment.replaceAll(/\n\s*\* ?/g, " ").trim();
    return [`\`${name}\``, `\`${JSON.stringify(fallback)}\``, text];
  });
  expect(rows("Start").map((cells) => cells.slice(1, 4))).toEqual(expected);
});

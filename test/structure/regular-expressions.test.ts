import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseAst } from "vitest/node";

const source = fileURLToPath(new URL("../../src", import.meta.url));

/** An atom that matches a blank, or a group with such an atom, repeated without a limit. */
const repeatedBlanks =
  /(\([^()]*(?:\\s| |\\t)[^()]*\)|\\s|\[[^\]^][^\]]*(?:\\s| |\\t)[^\]]*\]|\[(?:\\s| |\\t)\]| |\\t)([*+]|\{\d+,\})/;

/** A regular expression of the sources. */
interface Expression {
  readonly path: string;
  readonly pattern: string;
  readonly flags: string;
}

function expressionsOf(path: string, text: string): Expression[] {
  const found: Expression[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== "object" || node === null) return;
    if ("regex" in node) found.push({ path, ...(node.regex as { pattern: string; flags: string }) });
    Object.values(node).forEach(visit);
  };
  visit(parseAst(text, { lang: "ts" }, path));
  return found;
}

/** Without an anchor, the search begins again at each blank, and runs over all the following ones. */
function repeatsBlanks({ pattern }: Expression): boolean {
  const match = repeatedBlanks.exec(pattern);
  if (match === null) return false;
  return !pattern.startsWith("^") || repeatedBlanks.test(pattern.slice(match.index + match[0].length));
}

/** How long an expression takes over 16 KB of blanks, between characters that it might look for, in ms. */
function timeOverBlanks({ pattern, flags }: Expression): number {
  let longest = 0;
  for (const edge of ["", "a", ",", ";", '"']) {
    const text = `${edge}${" ".repeat(16 * 1024)}${edge}\u0000`;
    const start = performance.now();
    text.replace(new RegExp(pattern, flags), "");
    longest = Math.max(longest, performance.now() - start);
  }
  return longest;
}

const expressions = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .flatMap((path) => expressionsOf(path, readFileSync(join(source, path), "utf8")));

describe("regular expressions in src/", () => {
  it("have no form that takes quadratic time over blanks: texts are split at the separator, and trimmed", () => {
    expect(expressions.length).toBeGreaterThan(20);
    expect(expressions.filter(repeatsBlanks)).toEqual([]);
  });

  it("run over 16 KB of blanks at once", () => {
    // A quadratic expression takes ten times as long as this, the others a hundredth of it.
    const isSlow = (expression: Expression) =>
      Array.from({ length: 5 }).every(() => timeOverBlanks(expression) > 50);
    expect(expressions.filter(isSlow)).toEqual([]);
  });

  it.each([
    String.raw`\s*,\s*`,
    String.raw`\s+$`,
    String.raw`\s*;`,
    "[ \\t]+$",
    "[\\t ]*,",
    " *=",
    " {2,}$",
    String.raw`(?:\s|-)+,`,
    String.raw`^\s*a?\s*$`,
  ])("are found where they have that form: %s", (pattern) => {
    const [expression] = expressionsOf("a.ts", `const a = /${pattern}/;`);
    expect(expression && repeatsBlanks(expression)).toBe(true);
  });

  it.each([String.raw`^\s*a`, "^[^?#]*$", String.raw`[^\s]*`, String.raw`\s`, " a", "a*"])(
    "are left alone where they have not: %s",
    (pattern) => {
      const [expression] = expressionsOf("a.ts", `const a = /${pattern}/;`);
      expect(expression && repeatsBlanks(expression)).toBe(false);
    },
  );
});

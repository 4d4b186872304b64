/** Findings as people read them. */

import type { Colors } from "../terminal.ts";
import type { Finding, Verdict } from "./finding.ts";

const signs: Readonly<Record<Verdict, string>> = { ok: "✓", note: "·", warning: "!", fault: "✗" };

/** The columns of the names of parts. */
const partWidth = 12;

/** A finding as lines: what was seen, what it means, and what mends it. */
export function showFinding({ verdict, part, saw, means, mend = [] }: Finding, colors: Colors): string[] {
  const paint = { ok: colors.green, note: colors.dim, warning: colors.yellow, fault: colors.red }[verdict];
  const margin = " ".repeat(partWidth + 4);
  return [
    `${paint(signs[verdict])} ${part.padEnd(partWidth)}  ${saw}`,
    ...(means === undefined ? [] : [`${margin}${means}`]),
    ...mend.map((line) => `${margin}${colors.cyan(line)}`),
  ];
}

/** The last line: how many faults there are. */
export function showVerdict(findings: readonly Finding[], colors: Colors): string {
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const [faults, warnings] = [count("fault"), count("warning")];
  if (faults === 0 && warnings === 0) return colors.green("Nothing is wrong.");
  const words = [
    ...(faults === 0 ? [] : [`${faults} ${faults === 1 ? "fault" : "faults"}`]),
    ...(warnings === 0 ? [] : [`${warnings} ${warnings === 1 ? "warning" : "warnings"}`]),
  ].join(", ");
  return faults > 0 ? colors.red(words) : colors.yellow(words);
}

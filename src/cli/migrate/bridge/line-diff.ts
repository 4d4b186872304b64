/** Shows the changed lines of a file as a diff. Single lines may be gone; all others have their places. */

/** How many lines stand around a change. */
const context = 2;

/** One line of a diff. */
interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
  /** In the old text, counted from 0. */
  readonly at: number;
}

/**
 * A unified diff.
 *
 * @returns its lines; empty for equal texts
 */
export function lineDiff(path: string, before: string, after: string): string[] {
  if (before === after) return [];
  const lines = compare(before.split("\n"), after.split("\n"));
  const near = (index: number) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== " ");
  const shown: string[] = [`--- a/${path}`, `+++ b/${path}`];
  let isGap = true;
  for (const [index, { sign, text, at }] of lines.entries()) {
    if (!near(index)) {
      isGap = true;
      continue;
    }
    if (isGap) shown.push(`@@ line ${at + 1} @@`);
    isGap = false;
    shown.push(sign + text);
  }
  return shown;
}

function compare(before: readonly string[], after: readonly string[]): DiffLine[] {
  const lines: DiffLine[] = [];
  let next = 0;
  // As many lines are gone as the texts differ in length; the others have their place.
  let gone = before.length - after.length;
  for (const [at, text] of before.entries()) {
    const changed = after[next];
    if (changed === text) lines.push({ sign: " ", text, at });
    else {
      lines.push({ sign: "-", text, at });
      const isGone = gone > 0 && before[at + 1] === changed;
      if (isGone) {
        gone -= 1;
        continue;
      }
      lines.push({ sign: "+", text: changed ?? "", at });
    }
    next += 1;
  }
  return lines;
}

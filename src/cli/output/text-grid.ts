/** Rows of texts as columns that fit a terminal. */

/** How a column looks. */
export interface GridColumn {
  readonly title: string;
  /** Whether it holds numbers, which end at its right edge. */
  readonly isNumber: boolean;
  /** Colours a cell that has been brought to its width. */
  readonly paint?: (text: string, row: number) => string;
}

/** Between columns. */
const gap = "  ";
/** A column of text is never narrower. */
const narrowest = 8;

/**
 * Lays rows out in columns. Where they do not fit, the widest columns of text are cut first; then columns are
 * left out from the right.
 *
 * @param width - of the terminal, in columns
 * @returns the titles, and a line for each row, none wider than `width`
 */
export function layOutGrid(
  columns: readonly GridColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): { readonly titles: string; readonly lines: readonly string[] } {
  const widths = columns.map(({ title }, index) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[index] ?? ""))),
  );
  let shown = columns.length;
  const isTooWide = () => sum(widths.slice(0, shown)) + gap.length * (shown - 1) > width;
  while (isTooWide()) {
    const widest = columns
      .slice(0, shown)
      .map(({ isNumber }, index) => ({ index, cut: isNumber ? 0 : (widths[index] ?? 0) }))
      .reduce((most, each) => (each.cut > most.cut ? each : most));
    if (widest.cut > narrowest) widths[widest.index] = widest.cut - 1;
    else if (shown > 1) shown -= 1;
    else {
      widths[0] = width;
      break;
    }
  }
  const line = (texts: readonly string[], row: number | null) =>
    columns
      .slice(0, shown)
      .map((column, index) => {
        const cell = padded(texts[index] ?? "", widths[index] ?? 0, column.isNumber);
        return row === null || column.paint === undefined ? cell : column.paint(cell, row);
      })
      .join(gap);
  return {
    titles: line(
      columns.map(({ title }) => title),
      null,
    ),
    lines: rows.map((texts, row) => line(texts, row)),
  };
}

/** A text that is exactly so wide: cut with `…`, or filled with spaces. */
function padded(text: string, width: number, isNumber: boolean): string {
  const cut = cutText(text, width);
  const space = " ".repeat(Math.max(0, width - textWidth(cut)));
  return isNumber ? space + cut : cut + space;
}

/** A text that is at most so wide. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = "";
  let used = 1;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width) break;
    cut += character;
  }
  return width < 1 ? "" : `${cut}…`;
}

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Marks that are put on the letter before, and what joins characters, take no column of their own. */
const isMark = /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]/u;
/** Characters of East Asia and pictures take two. */
const isWide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

function characterWidth(character: string): number {
  if (character < "\u0300") return 1;
  if (isMark.test(character)) return 0;
  return isWide.test(character) ? 2 : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

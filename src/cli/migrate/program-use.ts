/** What a program uses of another library, and what that becomes. */

import type { MigrationRow } from "./migration-rows.ts";

/**
 * What has to be done about a use: nothing, a change, or something else entirely. `own` is no API at all, but
 * what the program itself keeps on an object of the library.
 */
export type UseVerdict = "same" | "changes" | "missing" | "own" | "unknown";

/** One use, at one place. */
export interface ProgramUse {
  /** As people write it, such as `socket.to(…).emit("joined")`. */
  readonly api: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly library: "socket.io" | "socket.io-client" | "Flask-SocketIO";
  readonly verdict: UseVerdict;
  readonly becomes: string;
  /** What differs; empty for nothing. */
  readonly note: string;
  /** How the bridge differs there; empty for nothing, `null` where there is no bridge. */
  readonly bridge: string | null;
}

/** A use without its place. */
export type UseMeaning = Omit<ProgramUse, "api" | "line" | "column">;

/** What a row of the pages says. */
export function rowMeaning(
  row: MigrationRow,
  library: ProgramUse["library"],
  bridge: string | null,
): UseMeaning {
  const [title = "", becomes = "", note = ""] = row.map(withoutCode);
  return { library, verdict: becomes === title ? "same" : verdictOf(becomes), becomes, note, bridge };
}

/** A use that stays as it is. */
export function unchanged(library: ProgramUse["library"], becomes: string): UseMeaning {
  return { library, verdict: "same", becomes, note: "", bridge: null };
}

/** The row whose title begins with a text. */
export function rowOf(rows: readonly MigrationRow[], title: string): MigrationRow {
  const row = rows.find(([first]) => first.startsWith(title));
  if (row === undefined) throw new Error(`The pages have no row for ${title}.`);
  return row;
}

function verdictOf(becomes: string): UseVerdict {
  if (/^not there\b/.test(becomes)) return "missing";
  return /^(?:the same|not needed|always|mostly nothing)\b/.test(becomes) ? "same" : "changes";
}

/** A cell without the marks of code. */
export function withoutCode(cell: string): string {
  return cell.replaceAll("`", "");
}

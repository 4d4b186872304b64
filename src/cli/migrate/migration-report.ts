/** What a project uses, file by file, as text and for programs. */

import { printable } from "../../base/printable.ts";
import { cutText, layOutGrid } from "../output/text-grid.ts";
import type { Colors } from "../terminal.ts";
import type { ProgramUse, UseVerdict } from "./program-use.ts";

/** The uses of one file. */
export interface FileUses {
  readonly path: string;
  readonly uses: readonly ProgramUse[];
}

/** How many uses there are. */
export interface MigrationSummary {
  readonly files: number;
  readonly uses: number;
  readonly byVerdict: Readonly<Record<UseVerdict, number>>;
  /** Names without a counterpart, each once. */
  readonly missing: readonly string[];
  readonly libraries: readonly ProgramUse["library"][];
}

/** Counts. */
export function summarise(files: readonly FileUses[]): MigrationSummary {
  const uses = files.flatMap((file) => file.uses);
  const count = (verdict: UseVerdict) => uses.filter((use) => use.verdict === verdict).length;
  return {
    files: files.length,
    uses: uses.length,
    byVerdict: {
      same: count("same"),
      changes: count("changes"),
      missing: count("missing"),
      own: count("own"),
      unknown: count("unknown"),
    },
    missing: [...new Set(uses.filter(({ verdict }) => verdict === "missing").map(({ api }) => api))],
    libraries: [...new Set(uses.map(({ library }) => library))],
  };
}

/**
 * The lines for one file.
 *
 * @param width - of the terminal; notes are cut there
 */
export function showFile(
  { path, uses }: FileUses,
  { colors, width, noted }: { colors: Colors; width: number; noted: Set<string> },
): string[] {
  const rows = uses.map((use) => [String(use.line), printable(use.api), becomesText(use)]);
  const { lines } = layOutGrid(
    [
      { title: "", isNumber: true, paint: colors.dim },
      { title: "", isNumber: false },
      {
        title: "",
        isNumber: false,
        paint: (text, row) => {
          const { verdict } = uses[row] ?? {};
          if (verdict === "missing" || verdict === "unknown") return colors.red(text);
          return verdict === "same" ? colors.dim(text) : colors.green(text);
        },
      },
    ],
    rows,
    width - 2,
  );
  return [
    "",
    colors.bold(printable(path)),
    ...lines.flatMap((line, index) => {
      const { note = "" } = uses[index] ?? {};
      // What a row says is said once.
      if (note === "" || noted.has(note)) return [`  ${line.trimEnd()}`];
      noted.add(note);
      return [
        `  ${line.trimEnd()}`,
        colors.dim(`        ${cutText(printable(note), Math.max(20, width - 8))}`),
      ];
    }),
  ];
}

function becomesText({ verdict, becomes }: ProgramUse): string {
  if (verdict === "missing") return "has no counterpart";
  return verdict === "unknown" ? "is not known" : becomes;
}

/** The last lines. */
export function showSummary(summary: MigrationSummary, colors: Colors): string[] {
  const { files, uses, byVerdict, missing, libraries } = summary;
  const counts = [
    [byVerdict.changes + byVerdict.own, "to change"],
    [byVerdict.same, "the same"],
    [byVerdict.missing, "without a counterpart"],
    [byVerdict.unknown, "unknown"],
  ] as const;
  const parts = counts.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  const lines = [
    "",
    colors.bold(
      `${uses} ${uses === 1 ? "use" : "uses"} in ${files} ${files === 1 ? "file" : "files"}: ${parts.join(", ")}`,
    ),
  ];
  if (missing.length > 0) lines.push(`Without a counterpart: ${printable(missing.join(", "))}`);
  if (libraries.includes("socket.io"))
    lines.push("This program also runs as it is, on the bridge: add --bridge to see its changed imports.");
  const pages = [
    ...(libraries.includes("Flask-SocketIO") ? ["docs/from-flask-socketio.md"] : []),
    ...(libraries.includes("socket.io") ? ["docs/from-socketio.md"] : []),
  ];
  if (pages.length > 0) lines.push(`More: ${pages.join(" and ")} of Roomcast`);
  return lines;
}

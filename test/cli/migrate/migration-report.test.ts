import picocolors from "picocolors";
import { expect, it } from "vitest";
import { showFile, showSummary, summarise } from "../../../src/cli/migrate/migration-report.ts";
import type { ProgramUse } from "../../../src/cli/migrate/program-use.ts";

const colors = picocolors.createColors(false);
const use = (change: Partial<ProgramUse>): ProgramUse => ({
  ...{ api: "socket.id", line: 7, column: 1, library: "socket.io", verdict: "changes" },
  ...{ becomes: "request.sid", note: "a note", bridge: "", ...change },
});

it("shows a line for each use, and each note once", () => {
  const uses = [
    use({}),
    use({ line: 12 }),
    use({ line: 13, api: "socket.request", verdict: "missing", note: "" }),
  ];
  expect(showFile({ path: "a.js", uses }, { colors, width: 80, noted: new Set() })).toEqual([
    "",
    "a.js",
    "   7  socket.id       request.sid",
    "        a note",
    "  12  socket.id       request.sid",
    "  13  socket.request  has no counterpart",
  ]);
});

it("counts, and names what has no counterpart once", () => {
  const missing = use({ api: "socket.request", verdict: "missing" });
  const summary = summarise([{ path: "a.js", uses: [use({}), missing, missing] }]);
  expect(summary).toMatchObject({
    uses: 3,
    byVerdict: { changes: 1, missing: 2 },
    missing: ["socket.request"],
  });
  expect(showSummary(summary, colors).join("\n")).toContain(
    "3 uses in 1 file: 1 to change, 2 without a counterpart",
  );
});

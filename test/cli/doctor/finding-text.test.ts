import picocolors from "picocolors";
import { expect, it } from "vitest";
import { fault, fine, remark, warning } from "../../../src/cli/doctor/finding.ts";
import { showFinding, showVerdict } from "../../../src/cli/doctor/finding-text.ts";

const colors = picocolors.createColors(false);
const bad = fault("WebSocket", "x", { saw: "No.", means: "Broken.", mend: ["one;", "two;"] });
const odd = warning("clock", "y", { saw: "Late.", means: "Wrong." });

it("shows what was seen, what it means, and the lines that mend it", () => {
  expect(showFinding(bad, colors)).toEqual([
    "✗ WebSocket     No.",
    "                Broken.",
    "                one;",
    "                two;",
  ]);
  expect(showFinding(remark("protocol", "z", { saw: "So." }), colors)).toEqual(["· protocol      So."]);
});

it("counts faults and warnings", () => {
  expect(showVerdict([fine("a", "b", "c")], colors)).toBe("Nothing is wrong.");
  expect(showVerdict([bad, bad, odd], colors)).toBe("2 faults, 1 warning");
  expect(showVerdict([odd], colors)).toBe("1 warning");
});

/** The depth of JSON before it is parsed, held to the depth that it has when parsed. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exceedsDepth } from "../../src/protocol/json-depth.ts";

describe("exceedsDepth", () => {
  it("counts arrays and objects alike", () => {
    expect(exceedsDepth('[{"a":[{}]}]', 0, 4)).toBe(false);
    expect(exceedsDepth('[{"a":[{}]}]', 0, 3)).toBe(true);
  });

  it("begins where it is told to", () => {
    expect(exceedsDepth("[[[[[[[]", 6, 1)).toBe(false);
  });

  it("takes brackets in strings for text", () => {
    expect(exceedsDepth(JSON.stringify(["[[[[{{{{", '"[[[[', "\\", "\\\\[[", '\\"[[[[']), 0, 1)).toBe(false);
  });

  it("is not fooled by strings that end in backslashes", () => {
    expect(exceedsDepth(JSON.stringify(["\\\\\\", [["]]]]"]]]), 0, 2)).toBe(true);
  });

  it("agrees with the parsed value", () => {
    const hard = fc.string({ unit: fc.constantFrom(...'[]{}\\",a'), maxLength: 8 });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 6 }, hard, fc.integer(), tie("list"), tie("record")),
      list: fc.array(tie("value"), { maxLength: 4 }),
      record: fc.dictionary(hard, tie("value"), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: 6 }), (any, maxDepth) => {
        expect(exceedsDepth(JSON.stringify(any), 0, maxDepth)).toBe(depthOf(any) > maxDepth);
      }),
      { numRuns: 500 },
    );
  });

  it("takes linear time for hostile text", () => {
    const hostile = [
      `["${"\\".repeat(1_000_000)}`,
      `["${'\\"'.repeat(500_000)}`,
      '""'.repeat(500_000),
      "[]".repeat(500_000),
      `[[[[["${"[".repeat(1_000_000)}"]]]]]`,
    ];
    const before = performance.now();
    for (const text of hostile) exceedsDepth(text, 0, 4);
    expect(performance.now() - before).toBeLessThan(3000);
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

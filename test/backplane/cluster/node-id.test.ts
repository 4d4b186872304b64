import { expect, it } from "vitest";
import { generateNodeId, isNodeId } from "../../../src/backplane/cluster/node-id.ts";

it("is another one each time, and is recognised", () => {
  const [one, two] = [generateNodeId(), generateNodeId()];
  expect(one).not.toBe(two);
  expect([one, two].map(isNodeId)).toEqual([true, true]);
});

it("is no text of another length or with other characters", () => {
  expect(["", "short", "x".repeat(12), "with spaces", "ünusable-id"].map(isNodeId)).toEqual(
    Array(5).fill(false),
  );
});

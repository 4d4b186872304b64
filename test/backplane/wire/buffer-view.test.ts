import { expect, it } from "vitest";
import { bufferView } from "../../../src/backplane/wire/buffer-view.ts";

it("shows a part of the same memory", () => {
  const memory = Uint8Array.of(0, 1, 2, 3);
  const view = bufferView(memory.subarray(1, 3));
  expect([...view]).toEqual([1, 2]);
  memory[1] = 9;
  expect(view[0]).toBe(9);
});

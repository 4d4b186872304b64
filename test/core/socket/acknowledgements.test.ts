import { describe, expect, it } from "vitest";
import { Acknowledgements } from "../../../src/core/socket/acknowledgements.ts";

/** Records its calls. */
function listener(notes: unknown[]) {
  return {
    onAnswer: (values: readonly unknown[]) => notes.push(values),
    onGone: () => notes.push("gone"),
  };
}

describe("Acknowledgements", () => {
  it("pass each answer to its listener", () => {
    const acknowledgements = new Acknowledgements();
    const [first, second]: [unknown[], unknown[]] = [[], []];
    const [firstId, secondId] = [5, 9];
    acknowledgements.expect(firstId, listener(first));
    acknowledgements.expect(secondId, listener(second));
    expect(acknowledgements.size).toBe(2);
    expect(acknowledgements.answer(secondId, ["b", 2])).toBe(true);
    expect(acknowledgements.answer(firstId, [])).toBe(true);
    expect([first, second]).toEqual([[[]], [["b", 2]]]);
    expect(acknowledgements.size).toBe(0);
  });

  it("take an answer only once", () => {
    const acknowledgements = new Acknowledgements();
    const notes: unknown[] = [];
    const id = 1;
    acknowledgements.expect(id, listener(notes));
    expect([acknowledgements.answer(id, [1]), acknowledgements.answer(id, [2])]).toEqual([true, false]);
    expect(notes).toEqual([[1]]);
  });

  it("take no answer that comes too late", () => {
    const acknowledgements = new Acknowledgements();
    const notes: unknown[] = [];
    const id = 1;
    acknowledgements.expect(id, listener(notes));
    acknowledgements.forget(id);
    expect(acknowledgements.answer(id, [1])).toBe(false);
    acknowledgements.close();
    expect(notes).toEqual([]);
  });

  it("take no answer without a listener", () => {
    const acknowledgements = new Acknowledgements();
    expect(acknowledgements.answer(1, [])).toBe(false);
    acknowledgements.expect(2, listener([]));
    expect(acknowledgements.answer(7, [])).toBe(false);
    expect(acknowledgements.size).toBe(1);
  });

  it("tell all listeners once when the client leaves", () => {
    const acknowledgements = new Acknowledgements();
    const notes: unknown[] = [];
    const id = 1;
    acknowledgements.expect(id, listener(notes));
    acknowledgements.expect(2, listener(notes));
    acknowledgements.close();
    acknowledgements.close();
    expect(notes).toEqual(["gone", "gone"]);
    expect(acknowledgements.answer(id, [1])).toBe(false);
  });
});

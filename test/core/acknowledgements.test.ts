import { describe, expect, it } from "vitest";
import { Acknowledgements } from "../../src/core/acknowledgements.ts";

/** Notes what it hears. */
function listener(notes: unknown[]) {
  return {
    onAnswer: (values: readonly unknown[]) => notes.push(values),
    onGone: () => notes.push("gone"),
  };
}

describe("Acknowledgements", () => {
  it("lead each answer to whoever asked", () => {
    const acknowledgements = new Acknowledgements();
    const [first, second]: [unknown[], unknown[]] = [[], []];
    const firstId = acknowledgements.expect(listener(first));
    const secondId = acknowledgements.expect(listener(second));
    expect(acknowledgements.size).toBe(2);
    expect(acknowledgements.answer(secondId, ["b", 2])).toBe(true);
    expect(acknowledgements.answer(firstId, [])).toBe(true);
    expect([first, second]).toEqual([[[]], [["b", 2]]]);
    expect(acknowledgements.size).toBe(0);
  });

  it("take an answer only once", () => {
    const acknowledgements = new Acknowledgements();
    const notes: unknown[] = [];
    const id = acknowledgements.expect(listener(notes));
    expect([acknowledgements.answer(id, [1]), acknowledgements.answer(id, [2])]).toEqual([true, false]);
    expect(notes).toEqual([[1]]);
  });

  it("take no answer that comes too late", () => {
    const acknowledgements = new Acknowledgements();
    const notes: unknown[] = [];
    const id = acknowledgements.expect(listener(notes));
    acknowledgements.forget(id);
    expect(acknowledgements.answer(id, [1])).toBe(false);
    acknowledgements.close();
    expect(notes).toEqual([]);
  });

  it("take no answer that nobody asked for", () => {
    const acknowledgements = new Acknowledgements();
    expect(acknowledgements.answer(1, [])).toBe(false);
    acknowledgements.expect(listener([]));
    expect(acknowledgements.answer(7, [])).toBe(false);
    expect(acknowledgements.size).toBe(1);
  });

  it("never use an id again", () => {
    const acknowledgements = new Acknowledgements();
    const ids = [1, 2, 3].map(() => {
      const id = acknowledgements.expect(listener([]));
      acknowledgements.answer(id, []);
      return id;
    });
    expect(new Set(ids).size).toBe(3);
  });

  it("tell everybody who waits when the client leaves, once", () => {
    const acknowledgements = new Acknowledgements();
    const notes: unknown[] = [];
    const id = acknowledgements.expect(listener(notes));
    acknowledgements.expect(listener(notes));
    acknowledgements.close();
    acknowledgements.close();
    expect(notes).toEqual(["gone", "gone"]);
    expect(acknowledgements.answer(id, [1])).toBe(false);
  });
});

/** What waits for a message to come back that this process has sent itself behind all others. */

/** Told whether everything before has been heard: `false` when there was a break. */
export type Passed = (isWhole: boolean) => void;

/** See above. */
export class Fences {
  readonly #fences = new Map<number, Passed>();
  #lastId = 0;

  /** Adds one; returns what its message is to say. */
  add(passed: Passed): number {
    this.#lastId += 1;
    this.#fences.set(this.#lastId, passed);
    return this.#lastId;
  }

  /** Takes one out; `undefined` for one that waits no more. */
  take(id: number): Passed | undefined {
    const passed = this.#fences.get(id);
    this.#fences.delete(id);
    return passed;
  }

  /** There is a break. */
  fail(): void {
    const fences = [...this.#fences.values()];
    this.#fences.clear();
    for (const passed of fences) passed(false);
  }
}

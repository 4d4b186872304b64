/**
 * A list that grows at its end and shrinks at its beginning, both at once and without moving what lies
 * between.
 */

/** A queue whose items can also be looked at by their place. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #start = 0;

  /** The number of items. */
  get length(): number {
    return this.#items.length - this.#start;
  }

  /** The item at a place, counted from the oldest; `undefined` where there is none. */
  at(index: number): T | undefined {
    return this.#items[this.#start + index];
  }

  /** Adds an item at the end. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    const item = this.#items[this.#start];
    if (this.#start < this.#items.length) {
      this.#items[this.#start] = undefined;
      this.#start += 1;
    }
    // Moves the rest once it is the smaller part, so that each item is moved about once.
    if (this.#start > 32 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
    return item;
  }
}

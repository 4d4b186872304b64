/** The clock as a port: everything that waits asks for time here, so that a test can bring its own. */

/** A timer that was started and can be stopped. */
export interface Timer {
  /** Stops the timer; stopping twice is harmless. */
  cancel(): void;
}

/** Where time comes from. */
export interface Clock {
  /** Milliseconds on a clock that never jumps. */
  now(): number;
  /** Calls `callback` once after `milliseconds`. A waiting timer does not keep the process alive. */
  after(milliseconds: number, callback: () => void): Timer;
  /** Calls `callback` when the input that is waiting now has been read: the end of the current tick. */
  atTickEnd(callback: () => void): void;
}

class SystemTimer implements Timer {
  readonly #handle: NodeJS.Timeout;

  constructor(callback: () => void, milliseconds: number) {
    this.#handle = setTimeout(callback, milliseconds);
    this.#handle.unref();
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, callback) => new SystemTimer(callback, milliseconds),
  atTickEnd: (callback) => {
    setImmediate(callback);
  },
};

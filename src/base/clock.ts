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
  /**
   * Calls `callback` once after `milliseconds`. A waiting timer does not keep the process alive, unless `holdsProcess`
   * says that what it stands for must come to its end.
   */
  after(milliseconds: number, callback: () => void, holdsProcess?: boolean): Timer;
  /** Calls `callback` when the input that is waiting now has been read: the end of the current tick. */
  atTickEnd(callback: () => void): void;
}

/** The longest wait that the runtime knows, about 25 days. It takes a longer one for a mistake and does not wait at all. */
const longestWait = 2 ** 31 - 1;

class SystemTimer implements Timer {
  readonly #holdsProcess: boolean;
  #handle: NodeJS.Timeout;

  constructor(milliseconds: number, callback: () => void, holdsProcess: boolean) {
    this.#holdsProcess = holdsProcess;
    this.#handle = this.#start(milliseconds, callback);
  }

  /** Waits in pieces where the whole is too long for the runtime. */
  #start(milliseconds: number, callback: () => void): NodeJS.Timeout {
    const handle =
      milliseconds > longestWait
        ? setTimeout(() => {
            this.#handle = this.#start(milliseconds - longestWait, callback);
          }, longestWait)
        : setTimeout(callback, milliseconds);
    if (!this.#holdsProcess) handle.unref();
    return handle;
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

/** The end of a tick is no matter of time, so a test that fakes timers does not hold it up. */
const nextTurn = setImmediate;

/** The machine's own clock. It is looked up at each call, so a test that fakes timers has Roomcast's durations in its hands, too. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, callback, holdsProcess = false) =>
    new SystemTimer(milliseconds, callback, holdsProcess),
  atTickEnd: (callback) => {
    nextTurn(callback);
  },
};

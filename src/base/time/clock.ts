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
   * Calls `callback` once after `milliseconds`. A waiting timer does not keep the process alive, unless
   * `holdsProcess` says that what it stands for must come to its end.
   */
  after(milliseconds: number, callback: () => void, holdsProcess?: boolean): Timer;
  /** Calls `callback` when the input that is waiting now has been read: the end of the current tick. */
  atTickEnd(callback: () => void): void;
}

/**
 * The longest wait that the runtime knows, about 25 days. It takes a longer one for a mistake and does not
 * wait at all.
 */
const longestWait = 2 ** 31 - 1;

/** The runtime's timers, or what a test has put in their place. */
interface Timers {
  setTimeout(callback: () => void, milliseconds: number): NodeJS.Timeout;
  clearTimeout(handle: NodeJS.Timeout): void;
}

class SystemTimer implements Timer {
  readonly #timers: Timers;
  readonly #holdsProcess: boolean;
  #handle: NodeJS.Timeout;

  constructor(timers: Timers, milliseconds: number, callback: () => void, holdsProcess: boolean) {
    this.#timers = timers;
    this.#holdsProcess = holdsProcess;
    this.#handle = this.#start(milliseconds, callback);
  }

  /** Waits in pieces where the whole is too long for the runtime. */
  #start(milliseconds: number, callback: () => void): NodeJS.Timeout {
    const handle =
      milliseconds > longestWait
        ? this.#timers.setTimeout(() => {
            this.#handle = this.#start(milliseconds - longestWait, callback);
          }, longestWait)
        : this.#timers.setTimeout(callback, milliseconds);
    if (!this.#holdsProcess) handle.unref();
    return handle;
  }

  cancel(): void {
    this.#timers.clearTimeout(this.#handle);
  }
}

/**
 * What the runtime had when the program began. Reading `performance` would load a module at once, and most
 * programs do not ask for the time before they serve.
 */
const genuine = { setTimeout, clearTimeout, setImmediate, hrtime: process.hrtime };

/**
 * The machine's own clock. A test that fakes timers has its durations in its hands, too; the end of a tick is
 * no matter of time, and no test holds it up.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, callback, holdsProcess = false) =>
    new SystemTimer(globalThis, milliseconds, callback, holdsProcess),
  atTickEnd: (callback) => {
    genuine.setImmediate(callback);
  },
};

/**
 * The machine's own clock, whatever a test has put in place of timers: for waits that bound how long the
 * machine may take.
 */
export const realClock: Clock = {
  ...systemClock,
  now() {
    const [seconds, nanoseconds] = genuine.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  after: (milliseconds, callback, holdsProcess = false) =>
    new SystemTimer(genuine, milliseconds, callback, holdsProcess),
};

/**
 * Does something again and again, but only while the page can be seen: a hidden tab costs the server nothing.
 */

/** Tells whether the page can be seen: the browser's document. */
export interface PageVisibility {
  readonly hidden: boolean;
  addEventListener(type: "visibilitychange", listener: () => void): void;
  removeEventListener(type: "visibilitychange", listener: () => void): void;
}

/** Gets what came of each round, and knows the page. */
export interface PollerOwner {
  readonly visibility: PageVisibility;
  /** A round went well. */
  onFine(): void;
  /** A round failed. */
  onFault(error: unknown): void;
}

/** See the head of this file. */
export class Poller {
  readonly #task: (signal: AbortSignal) => Promise<unknown>;
  readonly #interval: number;
  readonly #owner: PollerOwner;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round: AbortController | null = null;
  #isStarted = false;

  /**
   * @param task - one round
   * @param interval - the pause between rounds, in ms
   * @param owner - gets what came of them
   */
  constructor(task: (signal: AbortSignal) => Promise<unknown>, interval: number, owner: PollerOwner) {
    this.#task = task;
    this.#interval = interval;
    this.#owner = owner;
  }

  /** Begins, with a round at once. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#owner.visibility.addEventListener("visibilitychange", this.#onVisibility);
    this.again();
  }

  /** Ends, and gives up the round under way. */
  stop(): void {
    this.#isStarted = false;
    this.#owner.visibility.removeEventListener("visibilitychange", this.#onVisibility);
    this.#pause();
  }

  /** Gives up the round under way, and begins another one. */
  again(): void {
    this.#pause();
    if (this.#isStarted && !this.#owner.visibility.hidden) void this.#run();
  }

  readonly #onVisibility = () => {
    if (this.#owner.visibility.hidden) this.#pause();
    else this.again();
  };

  #pause(): void {
    clearTimeout(this.#timer);
    this.#round?.abort();
    this.#round = null;
  }

  async #run(): Promise<void> {
    const round = new AbortController();
    this.#round = round;
    try {
      await this.#task(round.signal);
      if (this.#round === round) this.#owner.onFine();
    } catch (error) {
      if (this.#round === round && !isAborted(error)) this.#owner.onFault(error);
    }
    if (this.#round === round) this.#timer = setTimeout(() => void this.#run(), this.#interval);
  }
}

/** Whether a request was given up by the page itself. */
function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** The state of a process's message queue, in figures: for health routes, dashboards and metrics. */

/**
 * The state of a connection to the message queue: `"connecting"` until the first attempt has ended, `"down"`
 * while it tries again, `"refused"` where no attempt is left, and `"none"` where there is no connection.
 */
export type QueueState = "none" | "connecting" | "up" | "down" | "refused";

/** Why a message queue was down. */
export interface QueueProblem {
  /** The code of the error, such as `"ECONNREFUSED"` or `"ERR_MESSAGE_QUEUE"`; `null` where it has none. */
  readonly code: string | null;
  /** Its message. It holds no password. */
  readonly message: string;
  /** When it came, in ms since 1970. */
  readonly at: number;
}

/** What a server knows of its message queue. */
export interface QueueStats {
  /** The state now. */
  readonly state: QueueState;
  /**
   * What carries the messages: `"Redis"`, `"NATS"` or `"memory"`; with `workers` alone `"the workers"`, in a
   * worker `"the process that started this one"`; `null` for nothing.
   */
  readonly broker: string | null;
  /** When the state began, in ms since 1970; `null` where there is no message queue. */
  readonly since: number | null;
  /** The latest error, also of the connection for recovery. It stays when the queue is back. */
  readonly error: QueueProblem | null;
  /** How many times the queue has come back. */
  readonly reconnects: number;
  /** Messages that wait for the queue, or that it has not confirmed yet. */
  readonly waiting: number;
  /** Messages to other processes that were dropped, since the queue was down or did not keep up. */
  readonly dropped: number;
  /** Messages under way when a connection ended. They may have arrived. */
  readonly unconfirmed: number;
  /** How long the queue took to answer, the latest time that was measured, in ms; `null` before that. */
  readonly latency: number | null;
  /** The state of the connection that keeps events and sessions for recovery at any process. */
  readonly recovery: QueueState;
}

/** The figures of a bus at this moment. */
export interface BusLoad {
  /** Messages without a confirmation. */
  readonly waiting: number;
  /** The time that the latest timed request took, in ms; `null` before the first answer. */
  readonly latency: number | null;
}

/** The stats of a process without a message queue. */
export const noQueue: QueueStats = Object.freeze({
  state: "none",
  broker: null,
  since: null,
  error: null,
  reconnects: 0,
  waiting: 0,
  dropped: 0,
  unconfirmed: 0,
  latency: null,
  recovery: "none",
});

/** Keeps the state, and counts. */
export class QueueHealth {
  /** The name of the broker. */
  readonly broker: string;
  readonly #now: () => number;
  #state: QueueState = "connecting";
  #since: number;
  #error: QueueProblem | null = null;
  #connections = 0;
  #dropped = 0;
  #unconfirmed = 0;
  /** Called when the queue is up for the first time, or cannot be used. */
  #settled: (() => void)[] = [];

  /**
   * @param broker - the name of the broker
   * @param now - the time in ms since 1970
   */
  constructor(broker: string, now: () => number = Date.now) {
    this.broker = broker;
    this.#now = now;
    this.#since = now();
  }

  get state(): QueueState {
    return this.#state;
  }

  /** The latest error. */
  get error(): QueueProblem | null {
    return this.#error;
  }

  /** The queue carries messages. */
  onUp(): void {
    this.#connections += 1;
    this.#enter("up");
  }

  /** The queue carries nothing for now. */
  onDown(error: unknown): void {
    this.#note(error);
    this.#enter("down");
  }

  /** The queue cannot be used at all. */
  onUnusable(error: unknown): void {
    this.#note(error);
    this.#enter("refused");
  }

  /** The process does not use the queue any more. */
  onClosed(): void {
    this.#enter("none");
  }

  /** The connection for recovery has a problem, while the queue itself may be up. */
  onProblem(error: unknown): void {
    this.#note(error);
  }

  /** Messages were dropped. */
  onDropped(count: number): void {
    this.#dropped += count;
  }

  /** A connection ended before messages were confirmed. */
  onUnconfirmed(count: number): void {
    this.#unconfirmed += count;
  }

  /** Resolves when the queue is up, or will never be. */
  settled(): Promise<void> {
    if (this.#isSettled) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  /**
   * All figures.
   *
   * @param load - those of the bus
   * @param recovery - the state of the connection for recovery
   */
  stats(load: BusLoad | undefined, recovery: QueueState): QueueStats {
    return {
      state: this.#state,
      broker: this.broker,
      since: this.#since,
      error: this.#error,
      reconnects: Math.max(0, this.#connections - 1),
      waiting: load?.waiting ?? 0,
      dropped: this.#dropped,
      unconfirmed: this.#unconfirmed,
      latency: load?.latency ?? null,
      recovery,
    };
  }

  get #isSettled(): boolean {
    return this.#state !== "connecting" && this.#state !== "down";
  }

  #enter(state: QueueState): void {
    // A refusal is told where the bus opens, and a queue that is closed does not come back.
    if (this.#state === "none") return;
    if (state !== this.#state) this.#since = this.#now();
    this.#state = state;
    if (!this.#isSettled) return;
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }

  #note(error: unknown): void {
    this.#error = {
      code: codeOf(error),
      message: withoutPasswords(error instanceof Error ? error.message : String(error)),
      at: this.#now(),
    };
  }
}

/** The code of an error, or of the first one behind it that has one. */
function codeOf(error: unknown): string | null {
  let depth = 0;
  for (let at = error; at instanceof Error && depth < 10; at = at.cause, depth += 1) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return null;
}

/** Removes the user and the password of each URL in a text. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1***@");
}

/** Work that goes on beside the handlers: tracked, its errors reported, cancelled when the server stops. */

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { RoomcastError } from "../base/errors.ts";
import type { Trace } from "../base/trace.ts";
import { runOutsideContext } from "../context/handler-context.ts";

/** A task that was started. */
export interface BackgroundTask {
  /** Resolves when the task has come to its end, whatever that was. */
  readonly finished: Promise<void>;
  /** Asks the task to end: its signal is aborted, and its `sleep` ends it. */
  cancel(): void;
}

/** What a task is told when it is to end. */
export class TaskCancelled extends Error {
  override readonly name = "AbortError";

  constructor() {
    super("The task was cancelled");
  }
}

const currentSignal = new AsyncLocalStorage<AbortSignal>();

/** The tasks of one server. */
export class BackgroundTasks {
  readonly #running = new Map<AbortController, Promise<void>>();
  readonly #report: (error: unknown, name: string) => void;
  readonly #trace: Trace;

  constructor(report: (error: unknown, name: string) => void, trace: Trace) {
    this.#report = report;
    this.#trace = trace;
  }

  /** The number of tasks that run. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * Starts a task, outside of any handler's context. Its last argument is the signal that ends it.
   *
   * @throws {@link RoomcastError} `ERR_HANDLER` when it is not a function
   */
  start<Values extends unknown[]>(
    run: (...values: [...Values, AbortSignal]) => unknown,
    values: Values,
  ): BackgroundTask {
    if (typeof run !== "function") {
      throw new RoomcastError(
        "ERR_HANDLER",
        "startBackgroundTask() takes a function and its arguments, not what the function returns: startBackgroundTask(work, value).",
      );
    }
    const controller = new AbortController();
    const { signal } = controller;
    const name = typeof run.name === "string" && run.name !== "" ? run.name : "anonymous";
    const work = async () => {
      try {
        // Cancelled before its first step, it could wait for an abort that has been already.
        if (!signal.aborted) await run(...values, signal);
      } catch (error) {
        if (!(signal.aborted && isAbort(error))) this.#report(error, name);
      } finally {
        this.#running.delete(controller);
        if (this.#trace.active) this.#trace.publish({ type: "task ended", name });
      }
    };
    if (this.#trace.active) this.#trace.publish({ type: "task started", name });
    // A task begins after what started it, so that a long first step delays no handler and no acceptance.
    const finished = runOutsideContext(() => currentSignal.run(signal, () => Promise.resolve().then(work)));
    this.#running.set(controller, finished);
    return { finished, cancel: () => controller.abort(new TaskCancelled()) };
  }

  /** Cancels all tasks; resolves when they have ended, but for the one that asks for it. */
  async stop(): Promise<void> {
    const caller = currentSignal.getStore();
    const running = [...this.#running].filter(([{ signal }]) => signal !== caller);
    for (const [controller] of this.#running) controller.abort(new TaskCancelled());
    await Promise.all(running.map(([, finished]) => finished));
  }
}

/**
 * Waits. In a background task the wait ends with an `AbortError` when the task is cancelled.
 *
 * @param milliseconds - how long to wait, in ms
 */
export async function sleep(milliseconds: number): Promise<void> {
  const signal = currentSignal.getStore();
  // A task that catches every error and goes on must not keep everything else from its turn.
  if (signal?.aborted) await nextTurn();
  await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
}

function isAbort(error: unknown): boolean {
  try {
    return error instanceof Error && error.name === "AbortError";
  } catch {
    return false;
  }
}

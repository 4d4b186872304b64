/** Background tasks: their errors are reported, and they are cancelled when the server stops. */

import { setMaxListeners } from "node:events";
import { RoomcastError } from "../../base/errors.ts";
import { show } from "../../base/options.ts";
import { systemClock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import { findTask, runInTask, type TaskContext } from "../../context/handler-context.ts";

/** A task that was started. */
export interface BackgroundTask {
  /** Resolves when the task has ended, however it ended. */
  readonly finished: Promise<void>;
  /** Asks the task to end: its signal is aborted, and its `sleep` ends it. */
  cancel(): void;
}

/** The error that ends a cancelled task. */
export class TaskCancelled extends Error {
  override readonly name = "AbortError";
  /** The code of errors with this name that Node raises. */
  readonly code = "ABORT_ERR";

  constructor() {
    super("The task was cancelled");
  }
}

/** One task that runs. */
class Task implements TaskContext {
  readonly hub = null;
  readonly #controller = new AbortController();
  /**
   * Ends the sleeps of the task. A list of its own, since Node warns about more than ten listeners of a
   * signal.
   */
  readonly #sleepers = new Set<(reason: TaskCancelled) => void>();
  #cancelled: TaskCancelled | null = null;
  /** Whether the task has ended. Work that it left behind is not cancelled any more. */
  isOver = false;

  constructor() {
    // Programs pass the signal to as many requests at a time as they like.
    setMaxListeners(0, this.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Asks the task to end. */
  cancel(): void {
    if (this.#cancelled !== null) return;
    this.#cancelled = new TaskCancelled();
    this.#controller.abort(this.#cancelled);
    for (const wake of this.#sleepers) wake(this.#cancelled);
    this.#sleepers.clear();
  }

  async sleep(milliseconds: number): Promise<void> {
    if (this.#cancelled !== null) {
      // A task that catches every error and goes on must not block the event loop.
      await new Promise<void>((resolve) => systemClock.atTickEnd(resolve));
      throw this.#cancelled;
    }
    await new Promise<void>((resolve, reject) => {
      const wake = (reason: TaskCancelled) => {
        timer.cancel();
        reject(reason);
      };
      const timer = systemClock.after(
        milliseconds,
        () => {
          this.#sleepers.delete(wake);
          resolve();
        },
        true,
      );
      this.#sleepers.add(wake);
    });
  }
}

/** The tasks of one server. */
export class BackgroundTasks {
  readonly #running = new Map<Task, Promise<void>>();
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
    const task = new Task();
    const { signal } = task;
    const name = typeof run.name === "string" && run.name !== "" ? run.name : "anonymous";
    const work = async () => {
      try {
        // Cancelled before its first step, it could wait for an abort that is past.
        if (!signal.aborted) await run(...values, signal);
      } catch (error) {
        if (!(signal.aborted && isAbort(error))) this.#report(error, name);
      } finally {
        task.isOver = true;
        this.#running.delete(task);
        if (this.#trace.active) this.#trace.publish({ type: "task ended", name });
      }
    };
    if (this.#trace.active) this.#trace.publish({ type: "task started", name });
    // A task begins after its caller, so that a long first step delays no handler and no connection.
    const finished = runInTask(task, () => Promise.resolve().then(work));
    this.#running.set(task, finished);
    return { finished, cancel: () => task.cancel() };
  }

  /** Cancels all tasks; resolves when they have ended, except the one that calls this. */
  async stop(): Promise<void> {
    const caller = findTask();
    const running = [...this.#running].filter(([task]) => task !== caller);
    for (const [task] of this.#running) task.cancel();
    await Promise.all(running.map(([, finished]) => finished));
  }
}

/**
 * Waits. In a background task the wait ends with an `AbortError` when the task is cancelled.
 *
 * @param milliseconds - how long to wait, in ms: any time, also longer than the 25 days of the runtime's
 *   timers; `Infinity` until the task is cancelled. Less than 0 counts as 0.
 * @throws {@link RoomcastError} `ERR_OPTION` for a value that is not a number
 */
export async function sleep(milliseconds: number): Promise<void> {
  if (typeof milliseconds !== "number" || Number.isNaN(milliseconds)) {
    throw new RoomcastError("ERR_OPTION", `sleep() takes a number of ms, not ${show(milliseconds)}.`);
  }
  const task = findTask();
  if (task instanceof Task && !task.isOver) await task.sleep(milliseconds);
  else await new Promise<void>((resolve) => systemClock.after(milliseconds, resolve, true));
}

function isAbort(error: unknown): boolean {
  try {
    return error instanceof Error && error.name === "AbortError";
  } catch {
    return false;
  }
}

/**
 * Operations with a beginning and an end, told on the tracing channels of `node:diagnostics_channel` and to
 * observers in this process. Without either an operation costs one check, because callers ask `isActive`
 * before they build a context.
 */

import { type Channel, channel } from "node:diagnostics_channel";
import { throwLater } from "../foreign-value.ts";

/** How an operation ended. Observers and subscribers read it when they are told of the end. */
export interface OperationOutcome {
  /** The error, if there was one. */
  error?: unknown;
  /** The result, if there was no error. */
  result?: unknown;
}

/**
 * Surrounds the operations of one kind. What it throws is reported, and harms no operation.
 */
export interface OperationObserver<Context> {
  /**
   * Runs the work of an operation, perhaps within a context of its own. Calls `work` once, and returns its
   * result or throws its error.
   */
  run?<Result>(context: Context, work: () => Result): Result;
  /**
   * The operation has ended.
   *
   * @param context - holds the outcome
   * @param duration - the time since its start, in ms
   */
  end?(context: Context, duration: number): void;
}

/** The five channels of one kind of operations, named as Node's `tracingChannel()` names them. */
interface Stages {
  readonly start: Channel;
  readonly end: Channel;
  readonly asyncStart: Channel;
  readonly asyncEnd: Channel;
  readonly error: Channel;
}

/** The operations of one kind that one server carries out. */
export class TracedOperations<Context extends OperationOutcome> {
  readonly #stages: Stages;
  /** `null` while there are none, so that an operation costs one comparison. */
  #observers: readonly OperationObserver<Context>[] | null = null;

  readonly #report: (error: unknown) => void;

  /**
   * @param name - the name of the tracing channel, such as `roomcast.event`
   * @param report - told what an observer throws. Default: it is uncaught
   */
  constructor(name: string, report: (error: unknown) => void = throwLater) {
    this.#report = report;
    // Not tracingChannel(): Bun's has no `hasSubscribers`.
    this.#stages = {
      start: channel(`tracing:${name}:start`),
      end: channel(`tracing:${name}:end`),
      asyncStart: channel(`tracing:${name}:asyncStart`),
      asyncEnd: channel(`tracing:${name}:asyncEnd`),
      error: channel(`tracing:${name}:error`),
    };
  }

  /** Whether there is an observer or a subscriber. Ask before building a context. */
  get isActive(): boolean {
    if (this.#observers !== null) return true;
    const { start, end, asyncStart, asyncEnd, error } = this.#stages;
    return (
      start.hasSubscribers ||
      end.hasSubscribers ||
      asyncStart.hasSubscribers ||
      asyncEnd.hasSubscribers ||
      error.hasSubscribers
    );
  }

  /** Adds an observer of operations that begin from now on. The returned function removes it. */
  observe(observer: OperationObserver<Context>): () => void {
    this.#observers = [...(this.#observers ?? []), observer];
    return () => {
      const others = (this.#observers ?? []).filter((other) => other !== observer);
      this.#observers = others.length === 0 ? null : others;
    };
  }

  /** Begins an operation. Its {@link TracedOperation.run} and `settle` must follow. */
  begin(context: Context): TracedOperation<Context> {
    return new TracedOperation(context, this.#stages, this.#observers ?? [], this.#report);
  }
}

/**
 * One operation. The order of calls is that of Node's `tracePromise()`:
 *
 *     run:    start … end                the work, as far as it runs at once
 *     fail:   error                      at most once, before the operation settles
 *     settle: asyncStart, asyncEnd       only where the work goes on after `run`
 */
export class TracedOperation<Context extends OperationOutcome> {
  readonly context: Context;
  readonly #stages: Stages;
  readonly #observers: readonly OperationObserver<Context>[];
  readonly #report: (error: unknown) => void;
  #startedAt = 0;
  #isSettled = false;
  #isAsync = false;
  #hasFailed = false;

  constructor(
    context: Context,
    stages: Stages,
    observers: readonly OperationObserver<Context>[],
    report: (error: unknown) => void,
  ) {
    this.context = context;
    this.#stages = stages;
    this.#observers = observers;
    this.#report = report;
  }

  /** Runs the work inside the stores that subscribers have bound, and inside the observers. */
  run<Result>(work: () => Result): Result {
    const { start, end } = this.#stages;
    this.#startedAt = performance.now();
    let surrounded = work;
    for (const observer of this.#observers) {
      const inner = surrounded;
      surrounded = () => this.#surround(observer, inner);
    }
    try {
      return start.runStores(this.context, surrounded);
    } finally {
      end.publish(this.context);
      if (this.#isSettled) this.#tellObservers();
      else this.#isAsync = true;
    }
  }

  /** The operation has failed. Later errors, which are consequences, are not told. */
  fail(error: unknown): void {
    if (this.#hasFailed || this.#isSettled) return;
    this.#hasFailed = true;
    this.context.error = error;
    this.#stages.error.publish(this.context);
  }

  /**
   * The operation is over.
   *
   * @param result - its result, unless it has failed
   */
  settle(result?: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (!this.#hasFailed) this.context.result = result;
    if (!this.#isAsync) return;
    this.#stages.asyncStart.publish(this.context);
    this.#stages.asyncEnd.publish(this.context);
    this.#tellObservers();
  }

  #tellObservers(): void {
    const duration = performance.now() - this.#startedAt;
    for (const observer of this.#observers) {
      try {
        observer.end?.(this.context, duration);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  /** Runs work within an observer, or without it where the observer fails before it comes to the work. */
  #surround<Result>(observer: OperationObserver<Context>, work: () => Result): Result {
    if (observer.run === undefined) return work();
    let isCalled = false;
    try {
      return observer.run(this.context, () => {
        isCalled = true;
        return work();
      });
    } catch (error) {
      if (isCalled) throw error;
      this.#report(error);
      return work();
    }
  }
}

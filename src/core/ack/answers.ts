/** The answers of several clients to one event: as a list of all, or one by one. */

import { RoomcastError, TimeoutError } from "../../base/errors.ts";
import { quoted } from "../../base/printable.ts";
import { fromArguments } from "../../contract/arguments.ts";
import type { AckFailure, AckListener } from "../model/ack-listener.ts";

/** One client's answer: a value, or the error that takes its place. */
export type ClientAnswer<Value = unknown> =
  | {
      /** The client. */
      readonly sid: string;
      /** The value that the client answered with; a list where there are several. */
      readonly value: Value;
      readonly error?: undefined;
    }
  | {
      readonly sid: string;
      readonly value?: undefined;
      /**
       * Why it did not answer: a {@link TimeoutError}, or an error with the code `ERR_DISCONNECTED`; with the
       * code `ERR_ANSWER` for an answer that does not fit the contract.
       */
      readonly error: RoomcastError;
    };

/**
 * The answers of all clients of a target, in the order in which they arrive.
 *
 * Awaited, it gives the list of all answers, and never rejects. Iterated with `for await`, it gives each one
 * as it arrives; leaving the loop stops the waiting.
 */
export class Answers<Value = unknown>
  implements PromiseLike<ClientAnswer<Value>[]>, AsyncIterable<ClientAnswer<Value>>
{
  readonly #answers: ClientAnswer<Value>[] = [];
  readonly #ended: Promise<void>;
  readonly #stop: () => void;
  /** Wakes the loops that wait for the next answer. */
  #wake: (() => void)[] = [];
  #end: () => void = () => {};
  #hasEnded = false;
  #missing: readonly string[] = [];

  /**
   * @param event - the event's name, for messages
   * @param timeout - how long clients have to answer, in ms, for messages
   * @param ask - sends the event; returns a function that stops the waiting
   */
  constructor(event: string, timeout: number, ask: (listener: AckListener) => () => void) {
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#stop = ask({
      onAnswer: (sid, values) => this.#add({ sid, value: fromArguments(values) as Value }),
      onFailure: (sid, failure) => this.#add({ sid, error: failureError(failure, event, timeout) }),
      onEnd: (missing) => this.#close(missing),
    });
  }

  /** Names of processes that may have clients of the target and did not answer; empty in one process. */
  get missing(): readonly string[] {
    return this.#missing;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is there to be awaited
  then<Result = ClientAnswer<Value>[], Reason = never>(
    onValue?: ((answers: ClientAnswer<Value>[]) => Result | PromiseLike<Result>) | null,
    onReason?: ((reason: unknown) => Reason | PromiseLike<Reason>) | null,
  ): Promise<Result | Reason> {
    return this.#ended.then(() => [...this.#answers]).then(onValue, onReason);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ClientAnswer<Value>, void, undefined> {
    try {
      for (let index = 0; ; index += 1) {
        while (index === this.#answers.length && !this.#hasEnded) {
          await new Promise<void>((resolve) => this.#wake.push(resolve));
        }
        const answer = this.#answers[index];
        if (answer === undefined) return;
        yield answer;
      }
    } finally {
      this.#stop();
      this.#close(this.#missing);
    }
  }

  #add(answer: ClientAnswer<Value>): void {
    this.#answers.push(answer);
    this.#wakeAll();
  }

  #close(missing: readonly string[]): void {
    this.#missing = missing;
    this.#hasEnded = true;
    this.#end();
    this.#wakeAll();
  }

  #wakeAll(): void {
    const wake = this.#wake;
    if (wake.length === 0) return;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

/** The error for an answer that did not arrive. */
export function failureError(failure: AckFailure, event: string, timeout: number): RoomcastError {
  switch (failure) {
    case "timeout":
      return new TimeoutError(`The client did not answer ${quoted(event)} within ${timeout} ms.`);
    case "invalid":
      return new RoomcastError(
        "ERR_ANSWER",
        `The client's answer to ${quoted(event)} does not fit the contract.`,
      );
    case "disconnected":
      return new RoomcastError("ERR_DISCONNECTED", `The client left before it answered ${quoted(event)}.`);
  }
}

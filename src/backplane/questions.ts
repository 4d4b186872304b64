/** Questions to other processes that wait for answers. One that is silent is named as missing, and holds nobody up. */

import type { Clock, Timer } from "../base/clock.ts";
import type { AnswerMessage } from "./envelope.ts";

/** Who asked. */
export interface QuestionListener {
  /** A process has answered, or given a part of its answer. */
  onAnswer(message: AnswerMessage): void;
  /**
   * All processes have answered or are given up. Called once, and last.
   *
   * @param missing - the ids of those that are given up
   */
  onEnd(missing: readonly string[]): void;
}

interface Pending {
  readonly listener: QuestionListener;
  /** Those that have not said all. */
  readonly open: Set<string>;
  /** Those that have said nothing. */
  readonly unheard: Set<string>;
  readonly missing: string[];
  timer: Timer;
}

/** The questions that this process has asked. */
export class Questions {
  readonly #clock: Clock;
  readonly #answerTimeout: number;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /**
   * @param answerTimeout - how long a process may be silent after it was asked, in ms; once it has given a part of its
   *   answer, it may take as long as it lives
   */
  constructor(answerTimeout: number, clock: Clock) {
    this.#answerTimeout = answerTimeout;
    this.#clock = clock;
  }

  /** The number of questions that are open. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Begins to wait for answers.
   *
   * @param nodes - the processes that are asked
   * @returns the question's id; 0 where nobody is asked, and then all has ended already
   */
  expect(nodes: readonly string[], listener: QuestionListener): number {
    if (nodes.length === 0) {
      listener.onEnd([]);
      return 0;
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const timer = this.#clock.after(this.#answerTimeout, () => {
      // An answer that came while this process was busy waits behind the timer.
      this.#clock.atTickEnd(() => this.giveUp(id));
    });
    this.#pending.set(id, { listener, open: new Set(nodes), unheard: new Set(nodes), missing: [], timer });
    return id;
  }

  /** Waits no more; the listener hears nothing more. */
  forget(id: number): void {
    this.#pending.get(id)?.timer.cancel();
    this.#pending.delete(id);
  }

  /** Takes an answer. One that nobody waits for came too late. */
  onAnswer(message: AnswerMessage): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined || !pending.open.has(message.origin)) return;
    pending.unheard.delete(message.origin);
    pending.listener.onAnswer(message);
    if (message.isLast) {
      pending.open.delete(message.origin);
      this.#endIfComplete(message.id, pending);
    }
  }

  /** A process is gone: nobody waits for it. */
  onMemberLeft(node: string): void {
    for (const [id, pending] of [...this.#pending]) this.#lose(id, pending, node);
  }

  /** Gives up all questions: nothing can be heard. */
  giveUpAll(): void {
    for (const [id, pending] of [...this.#pending]) {
      for (const node of [...pending.open]) this.#lose(id, pending, node);
    }
  }

  /** Gives up those that have said nothing. */
  giveUp(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    for (const node of [...pending.unheard]) this.#lose(id, pending, node);
  }

  #lose(id: number, pending: Pending, node: string): void {
    if (!pending.open.delete(node)) return;
    pending.unheard.delete(node);
    pending.missing.push(node);
    this.#endIfComplete(id, pending);
  }

  #endIfComplete(id: number, pending: Pending): void {
    if (pending.open.size > 0 || this.#pending.get(id) !== pending) return;
    this.forget(id);
    pending.listener.onEnd(pending.missing);
  }
}

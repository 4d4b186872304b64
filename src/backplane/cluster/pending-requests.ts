/**
 * Questions to other processes that wait for answers. A silent process counts as missing and holds nothing
 * up.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import { afterRunning } from "../../base/time/running-time.ts";
import type { AnswerMessage } from "../wire/envelope.ts";

/** Learns the answers to a question. */
export interface PendingRequestListener {
  /** A process has answered, or sent a part of its answer. */
  onAnswer(message: AnswerMessage): void;
  /**
   * All processes have answered or are given up. Called once, and last.
   *
   * @param missing - the ids of the processes that are given up
   */
  onEnd(missing: readonly string[]): void;
}

interface Pending {
  readonly listener: PendingRequestListener;
  /** Processes that have not finished their answers. */
  readonly open: Set<string>;
  /** Processes that have sent nothing. */
  readonly unheard: Set<string>;
  readonly missing: string[];
  /** Answers until it is known which processes are asked; `null` afterwards. */
  early: Early | null;
  timer: Timer | null;
}

interface Early {
  /** Tells which processes are asked. */
  readonly nodes: () => readonly string[];
  /** Processes that have sent a part of their answers. */
  readonly heard: Set<string>;
  /** Processes that have finished their answers. */
  readonly complete: Set<string>;
}

/** The questions that this process has asked. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #answerTimeout: number;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /**
   * @param answerTimeout - how long a process may be silent after the question, in ms; once it has sent a
   *   part of its answer, it may take as long as it lives
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
   * @returns the question's id; 0 where no process is asked, and then the question has ended already
   */
  expect(nodes: readonly string[], listener: PendingRequestListener): number {
    if (nodes.length === 0) {
      listener.onEnd([]);
      return 0;
    }
    const early = { nodes: () => nodes, heard: new Set<string>(), complete: new Set<string>() };
    const id = this.#add(listener, early);
    this.#begin(id);
    return id;
  }

  /**
   * Begins to wait for the answers of processes that are not known yet. The question may be sent before.
   *
   * @param known - settles when they are known
   * @param nodes - lists them then
   * @returns the question's id
   */
  expectSoon(known: Promise<void>, nodes: () => readonly string[], listener: PendingRequestListener): number {
    const id = this.#add(listener, { nodes, heard: new Set(), complete: new Set() });
    void known.then(() => this.#begin(id));
    return id;
  }

  /** Stops waiting. The listener is not called again. */
  forget(id: number): void {
    this.#pending.get(id)?.timer?.cancel();
    this.#pending.delete(id);
  }

  /** Takes an answer. One that came too late is dropped. */
  onAnswer(message: AnswerMessage): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if (pending.early !== null) {
      if (pending.early.complete.has(message.origin)) return;
      pending.early.heard.add(message.origin);
      if (message.isLast) pending.early.complete.add(message.origin);
      pending.listener.onAnswer(message);
      return;
    }
    if (!pending.open.has(message.origin)) return;
    pending.unheard.delete(message.origin);
    pending.listener.onAnswer(message);
    if (message.isLast) {
      pending.open.delete(message.origin);
      this.#endIfComplete(message.id, pending);
    }
  }

  /** A process is gone: no question waits for it any more. */
  onMemberLeft(node: string): void {
    for (const [id, pending] of [...this.#pending]) this.#lose(id, pending, node);
  }

  /** Gives up all questions, because no answer can come. */
  giveUpAll(): void {
    for (const [id, pending] of [...this.#pending]) {
      this.#begin(id);
      for (const node of [...pending.open]) this.#lose(id, pending, node);
    }
  }

  /** Gives up the processes that have sent nothing. */
  giveUp(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#begin(id);
    for (const node of [...pending.unheard]) this.#lose(id, pending, node);
  }

  #add(listener: PendingRequestListener, early: Early): number {
    this.#lastId += 1;
    const open = new Set<string>();
    const unheard = new Set<string>();
    this.#pending.set(this.#lastId, { listener, open, unheard, missing: [], early, timer: null });
    return this.#lastId;
  }

  /** It is known which processes are asked. */
  #begin(id: number): void {
    const pending = this.#pending.get(id);
    const early = pending?.early;
    if (pending === undefined || early == null) return;
    pending.early = null;
    for (const node of early.nodes()) {
      if (early.complete.has(node)) continue;
      pending.open.add(node);
      if (!early.heard.has(node)) pending.unheard.add(node);
    }
    pending.timer = afterRunning(this.#clock, this.#answerTimeout, () => this.giveUp(id), true);
    this.#endIfComplete(id, pending);
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

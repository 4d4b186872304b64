/**
 * Questions to the servers of `@socket.io/redis-adapter`. How many servers answer is not known, so each has a
 * time limit.
 */

import { nodeCrypto } from "../../base/node-crypto.ts";
import type { Clock, Timer } from "../../base/time/clock.ts";
import type { AwaitedSubscriptions } from "../bus/awaited-subscriptions.ts";
import type { BusMonitor } from "../bus/bus-monitor.ts";
import { type AdapterResponse, encodeBinary } from "./redis-adapter-message.ts";

/** The most questions that are open at a time: an answer may never come. */
const maxQuestions = 10_000;

/** Learns what becomes of a question. */
export interface QuestionListener {
  onResponse(response: AdapterResponse): void;
  /** The time is over. The end follows. */
  onExpire(): void;
  /** Nothing more will come. */
  onEnd(): void;
}

/** The channels of a question and its answers. */
export interface QuestionChannels {
  readonly request: string;
  readonly response: string;
}

interface OpenQuestion {
  readonly timer: Timer | null;
  readonly response: string;
  readonly listener: QuestionListener;
}

/** See the head of this file. */
export class RedisAdapterQuestions {
  readonly #uid: string;
  readonly #monitor: BusMonitor;
  readonly #subscriptions: AwaitedSubscriptions;
  readonly #clock: Clock;
  readonly #open = new Map<string, OpenQuestion>();

  /**
   * @param uid - this server
   * @param monitor - sends the questions
   * @param subscriptions - listens for the answers
   */
  constructor(uid: string, monitor: BusMonitor, subscriptions: AwaitedSubscriptions, clock: Clock) {
    this.#uid = uid;
    this.#monitor = monitor;
    this.#subscriptions = subscriptions;
    this.#clock = clock;
  }

  /**
   * Asks the other servers.
   *
   * @param timeout - how long to wait, in ms; `null` for ever
   * @returns what stops the waiting
   */
  ask(
    { request: channel, response }: QuestionChannels,
    request: object,
    timeout: number | null,
    listener: QuestionListener,
  ): () => void {
    const requestId = nodeCrypto().randomBytes(6).toString("hex");
    const expire = () => {
      listener.onExpire();
      this.end(requestId);
    };
    const timer = timeout === null ? null : this.#clock.after(timeout, expire, true);
    // A program that only emits has no namespace, so it does not listen for answers yet.
    this.#subscriptions.hold(response);
    this.#open.set(requestId, { timer, response, listener });
    const [oldest] = this.#open.keys();
    if (this.#open.size > maxQuestions && oldest !== undefined) this.end(oldest);
    const send = () => {
      if (!this.#open.has(requestId)) return;
      const message = encodeBinary({ uid: this.#uid, requestId, ...request });
      if (!this.#monitor.send(channel, message)) this.end(requestId);
    };
    const confirmed = this.#subscriptions.confirmed(response);
    if (confirmed === null) send();
    else void confirmed.then(send);
    return () => {
      this.#forget(requestId);
    };
  }

  /** Takes an answer. One that comes too late is dropped. */
  onResponse(response: AdapterResponse): void {
    this.#open.get(response.requestId)?.listener.onResponse(response);
  }

  /** Nothing more will come for a question. */
  end(requestId: string): void {
    this.#forget(requestId)?.onEnd();
  }

  /** Nothing more will come for any. */
  endAll(): void {
    for (const id of [...this.#open.keys()]) this.end(id);
  }

  #forget(requestId: string): QuestionListener | undefined {
    const question = this.#open.get(requestId);
    if (question === undefined) return undefined;
    question.timer?.cancel();
    this.#open.delete(requestId);
    this.#subscriptions.release(question.response);
    return question.listener;
  }
}

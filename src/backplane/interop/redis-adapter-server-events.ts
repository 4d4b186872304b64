/**
 * Events between the servers of `@socket.io/redis-adapter`. They are requests of a namespace. A server that
 * asks counts the subscribers first, and waits for an answer of each.
 */

import type { AwaitedSubscriptions } from "../bus/awaited-subscriptions.ts";
import type { Bus } from "../bus/bus.ts";
import type { BusMonitor } from "../bus/bus-monitor.ts";
import type { ForeignAnswers, ForeignServerEvents, ForeignServerListener } from "./foreign-server-events.ts";
import { type AdapterRequest, encodeJson, requestTypes } from "./redis-adapter-message.ts";
import type { QuestionChannels, RedisAdapterQuestions } from "./redis-adapter-questions.ts";

/** What the events need of their adapter. */
export interface ServerEventParts {
  readonly uid: string;
  readonly bus: Bus;
  readonly monitor: BusMonitor;
  readonly subscriptions: AwaitedSubscriptions;
  readonly questions: RedisAdapterQuestions;
  /** The channels of a namespace. */
  channelsOf(namespace: string): QuestionChannels;
}

/** See the head of this file. */
export class RedisAdapterServerEvents implements ForeignServerEvents {
  listener: ForeignServerListener | null = null;
  readonly #parts: ServerEventParts;
  #opened: Promise<void> = Promise.resolve();
  readonly #served = new Set<string>();

  constructor(parts: ServerEventParts) {
    this.#parts = parts;
  }

  /** The first attempt to connect has begun. */
  onOpening(opened: Promise<void>): void {
    this.#opened = opened;
  }

  serve(namespace: string): void {
    if (this.#served.has(namespace)) return;
    this.#served.add(namespace);
    const { request, response } = this.#parts.channelsOf(namespace);
    for (const subject of [request, response]) this.#parts.subscriptions.hold(subject);
  }

  leave(namespace: string): void {
    if (!this.#served.delete(namespace)) return;
    const { request, response } = this.#parts.channelsOf(namespace);
    for (const subject of [request, response]) this.#parts.subscriptions.release(subject);
  }

  tell(namespace: string, values: readonly unknown[]): void {
    const { uid, monitor } = this.#parts;
    const message = { uid, type: requestTypes.serverSideEmit, data: values };
    monitor.send(this.#parts.channelsOf(namespace).request, encodeJson(message));
  }

  async ask(namespace: string, values: readonly unknown[], timeout: number): Promise<ForeignAnswers> {
    const expected = (await this.count(namespace)) - 1;
    const responses: unknown[] = [];
    if (expected <= 0) return { responses, expected: 0 };
    // Their servers get values as JSON has them, whatever carries the question.
    const data: unknown = JSON.parse(JSON.stringify(values));
    return new Promise((resolve) => {
      const { questions } = this.#parts;
      const question = { type: requestTypes.serverSideEmit, data };
      questions.ask(this.#parts.channelsOf(namespace), question, timeout, {
        onResponse: ({ type, requestId, data: answer }) => {
          if (type !== requestTypes.serverSideEmit) return;
          responses.push(answer);
          if (responses.length === expected) questions.end(requestId);
        },
        onExpire() {},
        onEnd: () => resolve({ responses, expected }),
      });
    });
  }

  /**
   * Counts the servers besides this one, for questions of which each gets one. Resolves to `null` where that
   * is not known; `null` at once where the bus does not tell.
   */
  countOthers(namespace: string): Promise<number | null> | null {
    const { bus, subscriptions } = this.#parts;
    if (bus.countSubscribers === undefined) return null;
    const { request } = this.#parts.channelsOf(namespace);
    subscriptions.hold(request);
    return this.#count(request)
      .catch(() => null)
      .then((count) => {
        subscriptions.release(request);
        return count === null ? null : count - 1;
      });
  }

  async count(namespace: string): Promise<number> {
    return (await this.#count(this.#parts.channelsOf(namespace).request)) ?? 1;
  }

  async #count(request: string): Promise<number | null> {
    const { bus, subscriptions } = this.#parts;
    await this.#opened;
    // This server counts itself, so it has to be there.
    await subscriptions.confirmed(request);
    return (await bus.countSubscribers?.(request)) ?? null;
  }

  /**
   * An event of another server.
   *
   * @param reply - sends an answer to the question, where it is one
   */
  onRequest(
    namespace: string,
    { requestId, data = [] }: AdapterRequest,
    reply: (answer: object) => void,
  ): void {
    const type = requestTypes.serverSideEmit;
    const { listener } = this;
    if (requestId === undefined) {
      listener?.(namespace, data, null);
      return;
    }
    // The asking server waits for each of the others, with a handler or without.
    if (listener === null) {
      reply({ type });
      return;
    }
    let isAnswered = false;
    listener(namespace, data, (value) => {
      if (isAnswered) return;
      isAnswered = true;
      reply({ type, data: value });
    });
  }
}

/** One client as its scenario has it: what the scenario may do, and how that ends when the time is over. */

import { ProtocolError } from "../../../base/errors.ts";
import { errorText } from "../../../base/foreign-value.ts";
import { quoted } from "../../../base/printable.ts";
import { systemClock } from "../../../base/time/clock.ts";
import type { SocketPacket } from "../../../protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../../../protocol/socket-packet-decoder.ts";
import { encodeSocketPacket } from "../../../protocol/socket-packet-encoder.ts";
import { readDuration, showDuration } from "../../input/duration.ts";
import { answerFailure } from "../../session/outcome.ts";
import type { LoadClient, LoadMessage, MessageTaker } from "../client/load-client.ts";
import type { LoadMarks } from "../measure/load-mark.ts";
import type { LoadStatistics } from "../measure/load-statistics.ts";
import type { LoadScenario, ScenarioClient, ScenarioSeat } from "./scenario.ts";

/** What a scripted client has of its run. */
export interface ScriptedClientParts {
  readonly client: LoadClient;
  readonly seat: ScenarioSeat;
  readonly statistics: LoadStatistics;
  readonly marks: LoadMarks;
  /** How long to wait for an answer or an event, in ms. */
  readonly timeout: number;
  /** Is told errors that the scenario throws. */
  readonly onError: (error: unknown) => void;
}

/** Ends a scenario, and is no error of it. */
class ScenarioOver extends Error {
  constructor() {
    super("The load test is over.");
    this.name = "ScenarioOver";
  }
}

/** An error that was counted where it happened. */
class CountedError extends Error {}

type Handler = (...values: unknown[]) => unknown;

/** A scenario takes what a server sends, so it takes more than a server takes of clients. */
const limits = {
  maxAttachments: 10_000,
  maxDepth: 1000,
  maxNamespaceLength: 10_000,
  maxEventLength: 100_000,
  maxArguments: 100_000,
};

/** A client with a scenario. */
export class ScriptedClient implements MessageTaker {
  readonly #parts: ScriptedClientParts;
  readonly #decoder = new SocketPacketDecoder(limits);
  readonly #handlers = new Map<string, Set<Handler>>();
  /** The events of calls that have no answer yet. They are measured, even when nothing waits any more. */
  readonly #called = new Map<number, string>();
  readonly #answers = new Map<number, (values: readonly unknown[]) => void>();
  /** Ends each wait. */
  readonly #waits = new Set<(error: Error) => void>();
  readonly #over = new AbortController();

  constructor(parts: ScriptedClientParts) {
    this.#parts = parts;
    parts.client.taker = this;
  }

  /** Runs the scenario's function to its end; never rejects. */
  async run(scenario: NonNullable<LoadScenario["run"]>): Promise<void> {
    try {
      await scenario(this.#asScenarioClient());
    } catch (error) {
      this.#report(error, "");
    }
  }

  /** The time is over, or the connection has ended. */
  end(): void {
    this.#over.abort();
    for (const reject of [...this.#waits]) reject(new ScenarioOver());
    this.#handlers.clear();
  }

  /** A call was answered, after so many ms. */
  answered(id: number, took: number): void {
    const event = this.#called.get(id);
    this.#called.delete(id);
    if (event !== undefined) this.#parts.statistics.timesOf(event).add(took);
  }

  message(data: string | Uint8Array): void {
    if (this.#over.signal.aborted || !this.#isWanted(data)) return;
    let packet: SocketPacket | undefined;
    try {
      packet = typeof data === "string" ? this.#decoder.decodeText(data) : this.#decoder.decodeBinary(data);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#parts.statistics.errors.add(`an invalid packet: ${error.message}`);
      return;
    }
    if (packet?.type === "event") this.#onEvent(packet.data, packet.id);
    else if (packet?.type === "ack") this.#answers.get(packet.id)?.(packet.data);
  }

  /** Whether anything waits for a message. Most events of a busy room are only counted. */
  #isWanted(data: string | Uint8Array): boolean {
    if (typeof data !== "string" || this.#decoder.awaitsAttachments) return this.#decoder.awaitsAttachments;
    // With binary values, the attachments have to be read with it.
    if (data.charAt(0) !== "2" || this.#handlers.has("*")) return true;
    const start = data.indexOf('["') + 2;
    const name = data.slice(start, data.indexOf('"', start));
    return name.includes("\\") || this.#handlers.has(name);
  }

  #onEvent([event, ...values]: readonly [string, ...unknown[]], id: number | undefined): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) this.#handle(event, handler, values, id);
    for (const handler of [...(this.#handlers.get("*") ?? [])])
      this.#handle(event, handler, [event, ...values], id);
  }

  async #handle(event: string, handler: Handler, values: readonly unknown[], id: number | undefined) {
    try {
      const answer = await handler(...values);
      if (id === undefined || this.#over.signal.aborted) return;
      const data = answer === undefined ? [] : [answer];
      const { text, attachments } = encodeSocketPacket({ type: "ack", namespace: "/", id: 0, data });
      const type = attachments.length === 0 ? "3" : `6${attachments.length}-`;
      this.#parts.client.acknowledge({ type, attachments }, id, text.slice(text.indexOf("[")));
    } catch (error) {
      this.#report(error, `in the handler of ${quoted(event)}: `);
    }
  }

  #report(error: unknown, place: string): void {
    if (error instanceof ScenarioOver || error instanceof CountedError) return;
    this.#parts.statistics.errors.add(`${place}${errorText(error)}`);
    this.#parts.onError(error);
  }

  #asScenarioClient(): ScenarioClient {
    const { client, seat, statistics, marks, timeout } = this.#parts;
    const { counts } = statistics;
    return {
      ...seat,
      id: client.sid,
      signal: this.#over.signal,
      emit: (event, ...values) => {
        this.#checkTime();
        const { message, body } = encoded(event, values);
        counts.sent += 1;
        client.emit(message, body);
      },
      call: (event, ...values) => this.#call(event, values),
      on: (event, handler) => this.#on(event, handler as Handler),
      next: (event, limit = timeout) => this.#next(event, durationOf(limit)),
      wait: (duration) => {
        const milliseconds = durationOf(duration);
        return this.#pending<void>((resolve) => {
          const timer = systemClock.after(milliseconds, () => resolve(), true);
          return () => timer.cancel();
        });
      },
      mark: () => {
        client.marked += 1;
        return marks.write(client.number, client.marked, performance.now());
      },
      count: (name, by = 1) => {
        statistics.tallies.set(name, (statistics.tallies.get(name) ?? 0) + by);
      },
      time: (name, milliseconds) => statistics.timesOf(name).add(milliseconds),
      disconnect: () => {
        this.end();
        // Its end is told to the run.
        client.leave();
      },
    };
  }

  #call(event: string, values: readonly unknown[]): Promise<unknown> {
    const { client, statistics, timeout } = this.#parts;
    return this.#pending((resolve, reject) => {
      const { message, body } = encoded(event, values);
      statistics.counts.sent += 1;
      const id = client.call(message, body, performance.now());
      const timer = systemClock.after(
        timeout,
        () => reject(this.#counted(`no answer to ${quoted(event)} within ${showDuration(timeout)}`)),
        true,
      );
      this.#called.set(id, event);
      this.#answers.set(id, (answer) => {
        const failure = answerFailure(answer, event);
        if (failure !== null) reject(this.#counted(failure.message));
        else resolve(answer.length > 1 ? answer : answer[0]);
      });
      return () => {
        timer.cancel();
        this.#answers.delete(id);
      };
    });
  }

  #on(event: string, handler: Handler): () => void {
    this.#checkTime();
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => {
      handlers.delete(handler);
      if (handlers.size === 0 && this.#handlers.get(event) === handlers) this.#handlers.delete(event);
    };
  }

  #next(event: string, timeout: number): Promise<unknown[]> {
    return this.#pending<unknown[]>((resolve, reject) => {
      const remove = this.#on(event, (...values) => resolve(values));
      const timer = systemClock.after(
        timeout,
        () => reject(this.#counted(`no event ${quoted(event)} within ${showDuration(timeout)}`)),
        true,
      );
      return () => {
        timer.cancel();
        remove();
      };
    });
  }

  #counted(text: string): CountedError {
    this.#parts.statistics.errors.add(text);
    return new CountedError(text);
  }

  #checkTime(): void {
    if (this.#over.signal.aborted) throw new ScenarioOver();
  }

  /**
   * A promise that rejects when the time is over.
   *
   * @param begin - begins to wait, and returns what undoes that
   */
  #pending<Value>(
    begin: (resolve: (value: Value) => void, reject: (error: Error) => void) => () => void,
  ): Promise<Value> {
    const promise = new Promise<Value>((resolve, reject) => {
      this.#checkTime();
      let undo: () => void = () => {};
      const fail = (error: Error) => {
        this.#waits.delete(fail);
        undo();
        reject(error);
      };
      undo = begin((value) => {
        this.#waits.delete(fail);
        undo();
        resolve(value);
      }, fail);
      this.#waits.add(fail);
    });
    // A scenario need not wait for what it begins.
    promise.catch(() => {});
    return promise;
  }
}

/** An event as a message of a load client. */
function encoded(event: string, values: readonly unknown[]): { message: LoadMessage; body: string } {
  const { text, attachments } = encodeSocketPacket({
    type: "event",
    namespace: "/",
    data: [event, ...values],
  });
  const at = text.indexOf("[");
  return { message: { type: text.slice(0, at), attachments }, body: text.slice(at) };
}

/** A time of a scenario in ms. */
function durationOf(duration: number | string): number {
  const milliseconds = typeof duration === "number" ? duration : readDuration(duration);
  if (milliseconds === undefined || !(milliseconds >= 0))
    throw new TypeError(`${quoted(String(duration))} is no time: give ms, or a text such as "2s".`);
  return milliseconds;
}

/** Writes the state of shared recovery to the log: once per change. */

import type { BrokerRecoveryOwner } from "../../backplane/recovery/broker-recovery.ts";
import type { Unkept } from "../../backplane/stream/event-stream.ts";
import type { UnsequencedEvent } from "../../backplane/stream/stream-event.ts";
import type { MessageProblem, MessageProblemListener } from "../../backplane/wire/message-problem.ts";
import type { Log } from "../../base/log/log.ts";
import type { Hub } from "../../core/hub.ts";

const unkeptCounters = {
  event: "eventsNotKept",
  client: "clientsNotKept",
  message: "messagesRefused",
} as const;

/** The log line for the first loss of each kind. */
const unkeptLines = {
  event:
    "The message queue does not take an event: clients that are away and miss it cannot recover. The next ones are only counted, in stats().eventsNotKept",
  client:
    "The message queue does not take the state of a client, which cannot recover. The next ones are only counted, in stats().clientsNotKept",
  message:
    "The message queue does not take a message to other processes. The next ones are only counted, in stats().messagesRefused",
} as const;

const unkeptTypes = {
  event: "event not kept",
  client: "client not kept",
  message: "message refused",
} as const;

/** Learns of events that do not reach other processes. */
export interface RecoveryLosses {
  /** Events of a program that only emits. */
  onLost(count: number, error: unknown): void;
  /** Events of any program. */
  onDropped(count: number): void;
  /** Recovery is off, for now or for good. */
  onProblem(error: unknown): void;
  /** Sends an event to other processes that gets no offset. */
  onUnshared(event: UnsequencedEvent): void;
}

/** Logs and counts what happens to shared recovery. */
export class RecoveryStatusLog implements BrokerRecoveryOwner {
  readonly #logger: Log;
  readonly #hub: Hub;
  readonly #told = new Set<Unkept>();
  readonly #queue: MessageProblemListener;
  readonly #losses: RecoveryLosses;

  /**
   * @param logger - where to write
   * @param hub - recovers clients by itself while shared recovery cannot be used
   * @param queue - is told of ignored messages
   * @param losses - is told how many events do not reach other processes
   */
  constructor(logger: Log, hub: Hub, queue: MessageProblemListener, losses: RecoveryLosses) {
    this.#queue = queue;
    this.#losses = losses;
    this.#logger = logger;
    this.#hub = hub;
  }

  onLost(count: number, error: unknown): void {
    this.#losses.onLost(count, error);
  }

  onDropped(count: number): void {
    this.#losses.onDropped(count);
  }

  onUnshared(event: UnsequencedEvent): void {
    this.#losses.onUnshared(event);
  }

  onUp(): void {
    this.#logger.info("Recovery is back: clients that connect from now on can come back to any process", {
      type: "recovery up",
    });
  }

  onDown(err: unknown): void {
    this.#losses.onProblem(err);
    this.#logger.error(
      "Recovery is off until the message queue is back: clients that lose their connection start over",
      { type: "recovery down", err },
    );
  }

  onUnusable(err: unknown, events: Iterable<UnsequencedEvent>): void {
    this.#losses.onProblem(err);
    this.#logger.error("Recovery works within this process only", { type: "recovery unusable", err });
    this.#hub.namespaces.shareRecovery(null);
    for (const { target, event, compress } of events)
      this.#hub.broadcaster.emitAgain(target, event, { compress });
  }

  onUnkept(what: Unkept, error: unknown): void {
    const { counters, trace } = this.#hub;
    counters[unkeptCounters[what]] += 1;
    if (trace.active) trace.publish({ type: "message refused", reason: String(error) });
    if (this.#told.has(what)) return;
    // A client may cause this again and again.
    this.#told.add(what);
    this.#logger.error(unkeptLines[what], { type: unkeptTypes[what], err: error });
  }

  onIgnored(problem: MessageProblem, details: string): void {
    this.#queue.onIgnored(problem, details);
  }

  onRefused(error: unknown): void {
    this.report(error);
  }

  report(err: unknown): void {
    this.#logger.error("Recovery failed", { type: "recovery failed", err });
  }
}

/** Writes the state of the message queue to the log: once per change, however many messages there are. */

import type { QueueHealth } from "../../backplane/bus/queue-health.ts";
import type { ForeignOwner } from "../../backplane/cluster/ignored-messages.ts";
import type { MessageProblem } from "../../backplane/wire/message-problem.ts";
import type { Log } from "../../base/log/log.ts";
import type { LogRecord } from "../../base/log/log-record.ts";
import type { Trace } from "../../base/trace.ts";
import type { Counters } from "../../engine/counters.ts";

/** The log line for the first ignored message of each kind, with what to do. */
const problems: Readonly<Record<MessageProblem, string>> = {
  unreadable:
    "A message on the message queue is ignored, since it is in no form that this process knows. Another program, or another version of Roomcast, uses the same channel: give it another one",
  misplaced:
    "A message on the message queue is ignored, since it came on a channel that is not its own. Find the program that writes there: docs/brokers.md lists what belongs where",
  unfit:
    "A message on the message queue is ignored, since it holds what clients must not get. No process of Roomcast writes such: find the program that does",
  "other relay":
    "A sign of life on the message queue names another address for a process that is known, which keeps its address. Two processes cannot have one id: find the program that writes to the message queue, and give all processes a queueSecret",
  crowd:
    "A sign of life on the message queue is ignored, since no more processes are taken note of. Find the program that writes to the message queue, and give all processes a queueSecret",
  signed:
    "A message of another process is ignored, since it is signed, and this process has no secret. Give all processes the same one: new SocketIO(app, { messageQueue, queueSecret })",
  unsigned:
    "A message on the message queue is ignored, since it has no signature, and this process takes only those with one. Give all processes, and all programs that emit, the same queueSecret",
  "other secret":
    "A message of another process is ignored, since it is signed with another secret. Give all processes the same queueSecret; while you change it, both: queueSecret: [old, new]",
  forged:
    "A message on the message queue is ignored, since its signature does not fit. What a process has signed was changed, or came on another channel: find the program that writes to the message queue",
  stale:
    "A message of another process is ignored, since it was signed too long ago, or not yet. The clocks of the machines differ (have them set by NTP), or old messages are sent again",
  repeated:
    "A message on the message queue is ignored, since it came before. Find the program that writes to the message queue what others have written",
};

/** Logs and counts what happens on the message queue. */
export class QueueStatusLog implements ForeignOwner {
  readonly #logger: Log;
  readonly #counters: Counters;
  readonly #trace: Trace;
  readonly #health: QueueHealth;
  #isDown = false;
  #hasRefused = false;
  readonly #told = new Set<MessageProblem>();

  /**
   * @param logger - where to write
   * @param hub - has the counters of refused and ignored messages, and traces each of them
   * @param health - keeps the state
   */
  constructor(
    logger: Log,
    { counters, trace }: { readonly counters: Counters; readonly trace: Trace },
    health: QueueHealth,
  ) {
    this.#logger = logger;
    this.#counters = counters;
    this.#trace = trace;
    this.#health = health;
  }

  onUp(): void {
    this.#health.onUp();
    if (this.#isDown) {
      this.#logger.info("The message queue is back: clients of other processes are reached again", {
        type: "queue up",
      });
    }
    this.#isDown = false;
  }

  onDown(err: unknown): void {
    this.#health.onDown(err);
    this.#isDown = true;
    this.#logger.error(
      "The message queue is down: until it is back, only clients of this process are reached",
      { type: "queue down", err },
    );
  }

  onDropped(count: number): void {
    this.#health.onDropped(count);
  }

  onRefused(error: unknown): void {
    this.#counters.messagesRefused += 1;
    if (this.#trace.active) this.#trace.publish({ type: "message refused", reason: String(error) });
    if (this.#hasRefused) return;
    // A client may cause this again and again.
    this.#hasRefused = true;
    this.#logger.error(
      "The message queue does not take a message to other processes. The next ones are only counted, in stats().messagesRefused",
      { type: "message refused", err: error },
    );
  }

  onIgnored(problem: MessageProblem, details: string): void {
    this.#counters.messagesIgnored += 1;
    if (this.#trace.active) this.#trace.publish({ type: "message ignored", reason: details });
    if (this.#told.has(problem)) return;
    // A program that writes to the message queue could fill the log.
    this.#told.add(problem);
    this.#logger.error(`${problems[problem]}. The next ones are only counted, in stats().messagesIgnored`, {
      type: "message ignored",
      problem,
    });
  }

  report(err: unknown): void {
    this.#logger.error("A message to other processes could not be sent", { type: "message not sent", err });
  }

  warn(message: string, record: LogRecord): void {
    this.#logger.warn(message, record);
  }

  /** The message queue cannot be used at all. */
  onUnusable(err: unknown): void {
    this.#health.onUnusable(err);
    this.#logger.error("The message queue cannot be used: only clients of this process are reached", {
      type: "queue unusable",
      err,
    });
  }
}

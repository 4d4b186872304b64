/** Trace events as lines for a person to read. */

import { inspect } from "node:util";
import type { Log } from "../base/log/log.ts";
import type { LogRecord } from "../base/log/log-record.ts";
import { printable } from "../base/printable.ts";
import type { Trace, TraceEvent, TraceIssue } from "../base/trace.ts";

/** A log that knows whether it writes lines of the level debug. */
export interface DebugLines extends Log {
  readonly writesDebug: boolean;
  debug(message: string, record: LogRecord): void;
}

/** Writes trace events to the log while it is on. */
export class DebugLog {
  readonly #trace: Trace;
  readonly #logger: DebugLines;
  #hasPayloads = false;
  #stop: (() => void) | null = null;

  /**
   * @param trace - where events come from
   * @param logger - gets a line for each of them
   */
  constructor(trace: Trace, logger: DebugLines) {
    this.#trace = trace;
    this.#logger = logger;
  }

  /**
   * Begins to write.
   *
   * @param hasPayloads - whether lines have the arguments of events, which may hold secrets. Once asked for,
   *   they stay
   */
  start(hasPayloads = false): void {
    this.#hasPayloads ||= hasPayloads;
    if (this.#stop !== null) return;
    this.#stop = this.#trace.listen((event) => this.#write(event));
    if (this.#logger.writesDebug) return;
    this.#logger.info(
      "The debug log is on, and its lines are of the level debug, which the logger does not write. Set the logger's level to debug.",
      { type: "debug log hidden" },
    );
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #write(event: TraceEvent): void {
    if (event.type === "arguments missing") {
      this.#logger.warn(describeTrace(event), recordOf(event, false));
    } else if (this.#logger.writesDebug) {
      // The level may change while the server runs.
      this.#logger.debug(describeTrace(event, this.#hasPayloads), recordOf(event, this.#hasPayloads));
    }
  }
}

/**
 * One line about what happened. Whatever clients have named, it stays one line and steers no terminal.
 *
 * @param hasPayloads - whether it shows the arguments of events, or only their number
 */
export function describeTrace(event: TraceEvent, hasPayloads = false): string {
  return printable(describe(event, hasPayloads ? showArgs : countArgs));
}

/**
 * What happened, as the data of a line. Members that loggers have themselves get other names: pino's `name`,
 * winston's `message` and `label`.
 */
function recordOf(event: TraceEvent, hasPayloads: boolean): LogRecord {
  switch (event.type) {
    case "event received":
    case "event sent": {
      const { args, ...details } = event;
      return hasPayloads ? event : { ...details, argumentCount: args.length };
    }
    case "request refused":
    case "socket refused":
    case "event ignored": {
      const { message: reason, ...details } = event;
      return { ...details, reason };
    }
    case "process joined":
    case "process left": {
      const { label: process, ...details } = event;
      return { ...details, process };
    }
    case "task started":
    case "task ended": {
      const { name: task, ...details } = event;
      return { ...details, task };
    }
    default:
      return event;
  }
}

/** Shows the arguments of an event. */
type ArgumentText = (args: readonly unknown[]) => string;

function describe(event: TraceEvent, showArguments: ArgumentText): string {
  switch (event.type) {
    case "connection open":
      return `connection ${event.connection}: open over ${event.transport} from ${event.address}`;
    case "connection upgrade":
      return `connection ${event.connection}: now over ${event.transport}`;
    case "connection close":
      return `connection ${event.connection}: closed (${event.reason}${event.detail === "" ? "" : `: ${event.detail}`})`;
    case "request refused":
      return `refused ${event.method} ${event.path} from ${event.address}: ${event.status} ${event.message}`;
    case "socket connect":
      return `${place(event)} ${event.recovered ? "came back" : "connected"} (connection ${event.connection})`;
    case "recovery expired":
      return `${place(event)} will not come back`;
    case "socket refused":
      return `connection ${event.connection}: refused in ${event.namespace} (${event.message})`;
    case "socket disconnect":
      return `${place(event)} disconnected (${event.reason})`;
    case "event received":
      return `${place(event)} <- ${event.event}${showArguments(event.args)}`;
    case "event repeated":
      return `${place(event)} <- ${event.event}: it was received before and is not handled again`;
    case "event refused":
      return `${place(event)} <- ${event.event}: refused (${event.code})${showIssues(event.issues)}`;
    case "answer refused":
      return `${place(event)} answered ${event.event}: it does not fit the contract${showIssues(event.issues)}`;
    case "event without handler":
      return `${place(event)} <- ${event.event}: there is no handler for it`;
    case "arguments missing":
      return `${place(event)} <- ${event.event}: its handler takes ${event.expected} arguments, and ${event.received} came. There is no callback: what a handler returns is the acknowledgement`;
    case "event ignored":
      return `connection ${event.connection}: ignored ${event.message} (${event.namespace})`;
    case "limit reached":
      return `${event.connection === null ? "the application" : `connection ${event.connection}`}: has reached ${event.limit} (${event.namespace})`;
    case "event sent":
      return `${event.namespace} -> ${event.event}${showArguments(event.args)} to ${event.to} (${event.clients === 1 ? "1 client" : `${event.clients} clients`})`;
    case "room joined":
      return `${place(event)} joined room ${event.room}`;
    case "room left":
      return `${place(event)} left room ${event.room}`;
    case "room closed":
      return `${event.namespace} closed room ${event.room}`;
    case "backplane up":
      return `${event.bus}: up`;
    case "backplane down":
      return `${event.bus}: down (${event.reason})`;
    case "process joined":
      return `process ${event.label} joined (${event.node})`;
    case "process left":
      return `process ${event.label} left: ${event.reason} (${event.node})`;
    case "message ignored":
      return `ignored a message of another process: ${event.reason}`;
    case "message dropped":
      return `dropped a message of ${event.bytes} bytes to other processes`;
    case "message refused":
      return `the message queue refused a message: ${event.reason}`;
    case "task started":
      return `background task ${event.name} started`;
    case "task ended":
      return `background task ${event.name} ended`;
    default:
      return unknownEvent(event);
  }
}

function place({ namespace, sid }: { namespace: string; sid: string }): string {
  return `${namespace} ${sid}`;
}

function showIssues(issues: readonly TraceIssue[]): string {
  return issues.map(({ message, path }) => `, ${[...path, message].join(": ")}`).join("");
}

function showArgs(args: readonly unknown[]): string {
  const shown = args.map((value) =>
    inspect(value, {
      depth: 3,
      compact: true,
      breakLength: Number.POSITIVE_INFINITY,
      maxStringLength: 200,
      maxArrayLength: 20,
    }),
  );
  return shown.length === 0 ? "" : ` ${shown.join(", ")}`;
}

function countArgs({ length }: readonly unknown[]): string {
  if (length === 0) return "";
  return length === 1 ? " (1 argument)" : ` (${length} arguments)`;
}

function unknownEvent(event: never): string {
  return inspect(event);
}

/** A line of the log as data. */

import type { TraceEvent } from "../trace.ts";

/** What lines of the log are about. The debug log has the types of trace events besides. */
export const logTypes = [
  "acknowledgement callback failed",
  "admin arrived",
  "admin command",
  "admin failed",
  "admin login refused",
  "admin not protected",
  "admin shows numbers",
  "answer failed",
  "application not served",
  "background task failed",
  "client not kept",
  "client script missing",
  "dashboard command",
  "dashboard failed",
  "dashboard login",
  "dashboard login refused",
  "dashboard logins not shared",
  "dashboard without login",
  "debug log hidden",
  "draining",
  "error answer failed",
  "error handler failed",
  "event not kept",
  "handler failed",
  "host refused",
  "listening",
  "message ignored",
  "message not sent",
  "message refused",
  "messages lost",
  "old client refused",
  "any websocket origin",
  "option without effect",
  "origin refused",
  "presence handler failed",
  "queue down",
  "queue unusable",
  "queue up",
  "recovery down",
  "recovery failed",
  "recovery handler failed",
  "recovery not shared",
  "recovery unusable",
  "recovery up",
  "refusal unreadable",
  "relay failed",
  "server event handler failed",
  "short heartbeat",
  "trace listener failed",
  "unexpected error",
  "worker ended",
  "worker killed",
] as const;

/** A type of line of {@link logTypes}. */
export type LogType = (typeof logTypes)[number];

/**
 * A line of the log as data. Names are as clients sent them: escape them where you print plain text. What
 * clients send with their events is not in it, unless `debug: "payloads"` asks for it.
 */
export interface LogRecord {
  /** What happened. Unlike the words of a line, types stay the same between minor versions. */
  readonly type: LogType | TraceEvent["type"];
  /** What was thrown: usually an `Error`, but it may be any value. */
  readonly err?: unknown;
  /** The name of the event. */
  readonly event?: string;
  readonly namespace?: string;
  /** The client. */
  readonly sid?: string;
  /** The worker that writes the line; in the lines of the primary process, the worker that it is about. */
  readonly worker?: number;
  readonly [detail: string]: unknown;
}

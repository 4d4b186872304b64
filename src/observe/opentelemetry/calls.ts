/** Names the calls of clients by OpenTelemetry's conventions for RPC. Of each name there are few. */

import type { Attributes } from "@opentelemetry/api";
import type { OperationOutcome } from "../../base/tracing/traced-operations.ts";
import type { ConnectTrace, EventTrace } from "../../base/tracing/tracing-channels.ts";
import { errorType, failureOf } from "./failure.ts";
import { attributes, otherMethod, systemName } from "./names.ts";

/** A handler's run of either kind. */
export type Call = ConnectTrace | EventTrace;

/** The name of a call: `/chat say`, or `_OTHER` where clients choose the name of the event. */
export function methodOf(call: Call): string {
  if (!("event" in call)) return `${call.pattern} connect`;
  return call.handler === call.event ? `${call.pattern} ${call.event}` : otherMethod;
}

/** What spans and metrics say of a call. */
export function callAttributes(call: Call): Attributes {
  return { [attributes.system]: systemName, [attributes.method]: methodOf(call) };
}

/** What spans and metrics say of a call's outcome. */
export function outcomeAttributes(call: Call): Attributes {
  const failure = failureOf(call);
  if (failure !== null) {
    return {
      [attributes.statusCode]: "ERR_HANDLER_FAILED",
      [attributes.errorType]: errorType(failure.error),
    };
  }
  if ("event" in call && call.handler === null) {
    return { [attributes.statusCode]: "ERR_NO_HANDLER", [attributes.errorType]: "ERR_NO_HANDLER" };
  }
  return isAnswered(call) ? { [attributes.statusCode]: "OK" } : {};
}

function isAnswered(call: Call & OperationOutcome): boolean {
  return "event" in call ? call.acknowledged : call.refusal === undefined;
}

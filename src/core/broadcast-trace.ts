/** Tells traces of an emit. */

import type { TracedOperations } from "../base/tracing/traced-operations.ts";
import type { BroadcastTrace } from "../base/tracing/tracing-channels.ts";
import type { EncodedEvent } from "../protocol/socket-packet.ts";
import type { Target } from "./model/target.ts";
import { decodeEvent } from "./packet/event-packet.ts";

/** What the trace of an emit to a target says before it begins. */
export function broadcastTrace(
  { namespace, sid, rooms, skip }: Target,
  event: string,
  kind: Pick<BroadcastTrace, "acknowledged" | "remote">,
): BroadcastTrace {
  return { namespace, event, sid, rooms, skip, ...kind, clients: null };
}

/** The name of an event that another process has encoded; empty where it cannot be read. */
export function eventNameOf(encoded: EncodedEvent): string {
  try {
    return decodeEvent(encoded)[0];
  } catch {
    return "";
  }
}

/** Carries out a traced emit. `send` returns how many clients of this process get the event. */
export function traceBroadcast(
  broadcasts: TracedOperations<BroadcastTrace>,
  context: BroadcastTrace,
  send: () => number,
): void {
  const operation = broadcasts.begin(context);
  operation.run(() => {
    try {
      context.clients = send();
      operation.settle();
    } catch (error) {
      operation.fail(error);
      operation.settle();
      throw error;
    }
  });
}

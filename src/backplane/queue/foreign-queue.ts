/** Message queues that servers of other makes use as well, in their own message formats. */

import { RoomcastError } from "../../base/errors.ts";
import { type MessageQueue, readQueue } from "./queue-source.ts";

/** A message format of other servers. */
export type ForeignFormat = "python-socketio" | "redis-adapter";

/** A message format of processes. */
export type QueueFormat = "roomcast" | ForeignFormat;

/**
 * Checks that a format can be used on a message queue.
 *
 * @throws {@link RoomcastError} `ERR_OPTION` where the message queue is not Redis
 */
export function checkForeignQueue(format: ForeignFormat, queue: MessageQueue): void {
  const { broker, client } = readQueue(queue);
  if (broker !== "redis") {
    throw new RoomcastError(
      "ERR_OPTION",
      `The format "${format}" is one of Redis: its messageQueue begins with redis:// or rediss://.`,
    );
  }
  if (client?.kind === "cluster") {
    throw new RoomcastError(
      "ERR_OPTION",
      `The format "${format}" uses the pub/sub of one server, not a client of a cluster: give the URL of one of its nodes, or a client of that.`,
    );
  }
}

/** Backplanes in the message formats of other servers, which share clients with this process on one Redis. */

import type { Clock } from "../../base/time/clock.ts";
import { BrokerBus, connectLater } from "../bus/broker-bus.ts";
import type { Bus } from "../bus/bus.ts";
import { checkForeignQueue, type ForeignFormat } from "../queue/foreign-queue.ts";
import type { MessageQueue } from "../queue/queue-source.ts";
import type { ForeignBackplane, ForeignBackplaneParts } from "./foreign-backplane.ts";
import { PythonSocketIO } from "./python-socketio.ts";
import { RedisAdapter } from "./redis-adapter.ts";

/**
 * The bus that a format travels on.
 *
 * @throws {@link RoomcastError} `ERR_OPTION` where the message queue is not Redis
 */
export function foreignBus(format: ForeignFormat, queue: MessageQueue, clock: Clock): Bus {
  checkForeignQueue(format, queue);
  const links = async () => (await import("../redis/redis-channel-link.ts")).redisChannelLinks(queue);
  return new BrokerBus("Redis", connectLater(links), clock);
}

/**
 * Makes the backplane of a format.
 *
 * @param channel - the channel that all servers use; `null` for the default of the format
 */
export function foreignBackplane(
  format: ForeignFormat,
  channel: string | null,
  parts: ForeignBackplaneParts,
): ForeignBackplane {
  switch (format) {
    case "python-socketio":
      return new PythonSocketIO(channel ?? "socketio", parts);
    case "redis-adapter":
      return new RedisAdapter(channel ?? "socket.io", parts);
    default:
      return format satisfies never;
  }
}

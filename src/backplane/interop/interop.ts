/** Backplanes in the message formats of other servers, which share clients with this process on one Redis. */

import { RoomcastError } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { Backplane } from "../../core/ports.ts";
import { BrokerBus, connectLater } from "../bus/broker-bus.ts";
import type { Bus } from "../bus/bus.ts";
import type { ForeignOwner } from "../cluster/ignored-messages.ts";
import type { LocalClients } from "../cluster/ports.ts";
import { PythonSocketIO } from "./python-socketio.ts";
import { RedisAdapter } from "./redis-adapter.ts";

/** A message format of other servers. */
export type ForeignFormat = "python-socketio" | "redis-adapter";

/** A message format of processes. */
export type QueueFormat = "roomcast" | ForeignFormat;

/** A backplane with its beginning and end. */
export interface ForeignBackplane extends Backplane {
  /** Connects. Settles when the first attempt has ended; rejects when none can succeed. */
  open(): Promise<void>;
  /** Closes the bus, after the messages that are under way. */
  close(): Promise<void>;
}

/**
 * The bus that a format travels on.
 *
 * @throws {@link RoomcastError} `ERR_OPTION` where the message queue is not Redis
 */
export function foreignBus(format: ForeignFormat, url: string, clock: Clock): Bus {
  if (!/^rediss?:/.test(url)) {
    throw new RoomcastError(
      "ERR_OPTION",
      `The format "${format}" is one of Redis: its messageQueue begins with redis:// or rediss://.`,
    );
  }
  const links = async () => (await import("../redis/redis-channel-link.ts")).redisChannelLinks(url);
  return new BrokerBus("Redis", connectLater(links), clock);
}

/** Makes the backplane of a format. */
export function foreignBackplane(
  format: ForeignFormat,
  bus: Bus,
  channel: string | null,
  clients: LocalClients,
  owner: ForeignOwner,
  clock: Clock,
  trace: Trace,
): ForeignBackplane {
  switch (format) {
    case "python-socketio":
      return new PythonSocketIO(bus, channel ?? "socketio", clients, owner, clock, trace);
    case "redis-adapter":
      return new RedisAdapter(bus, channel ?? "socket.io", clients, owner, clock, trace);
    default:
      return format satisfies never;
  }
}

/** Which backplane serves a `messageQueue`. */

import type { Clock } from "../base/clock.ts";
import { RoomcastError } from "../base/errors.ts";
import type { Trace } from "../base/trace.ts";
import type { Backplane } from "../core/ports.ts";
import { BrokerBus } from "./broker-bus.ts";
import type { Bus } from "./bus.ts";
import { Cluster, type ClusterOwner, type LocalClients } from "./cluster.ts";
import { MemoryBroker } from "./memory-bus.ts";
import { natsLinks } from "./nats-link.ts";
import { redisLinks } from "./redis-link.ts";

/** A backplane with its beginning and end. */
export interface OpenBackplane extends Backplane {
  /** Connects. Settles when the first attempt has ended; rejects when none can succeed. */
  open(): Promise<void>;
  /** This process takes clients from now on. */
  serve(): void;
  /** Lets go of everything, after what is under way. */
  close(): Promise<void>;
}

/** Which backplane is wanted. */
export interface BackplaneOptions {
  readonly messageQueue: string;
  readonly channel: string | null;
}

/** Whether a value is the URL of a message queue. */
export function isQueueUrl(value: unknown): value is string {
  return (
    typeof value === "string" &&
    /^(rediss?|nats|tls|memory):\/\/./.test(value) &&
    URL.canParse(firstOf(value))
  );
}

/** Makes the backplane that options name. */
export function openBackplane(
  { messageQueue, channel }: BackplaneOptions,
  clients: LocalClients,
  owner: ClusterOwner,
  clock: Clock,
  trace: Trace,
): OpenBackplane {
  return new Cluster(openBus(messageQueue, channel ?? "roomcast", clock), clients, owner, clock, trace);
}

const memoryBrokers = new Map<string, MemoryBroker>();

function openBus(url: string, channel: string, clock: Clock): Bus {
  const { protocol } = new URL(firstOf(url));
  switch (protocol) {
    case "redis:":
    case "rediss:":
      return new BrokerBus("Redis", redisLinks(url, channel), clock);
    case "nats:":
    case "tls:":
      return new BrokerBus("NATS", natsLinks(url, channel), clock);
    case "memory:": {
      // Servers in one process, in tests: those that give the same URL meet.
      const name = `${url} ${channel}`;
      const broker = memoryBrokers.get(name) ?? new MemoryBroker();
      memoryBrokers.set(name, broker);
      return broker.bus();
    }
    default:
      throw new RoomcastError("ERR_OPTION", `There is no message queue for ${protocol}//.`);
  }
}

/** The first of several servers that a URL may name. */
function firstOf(url: string): string {
  return url.split(",", 1)[0] ?? "";
}

/** Chooses the bus to the other processes, and the broker of streams, by the message queue. */

import type { Clock } from "../base/time/clock.ts";
import { BrokerBus, connectLater } from "./bus/broker-bus.ts";
import type { Bus } from "./bus/bus.ts";
import { MemoryBroker } from "./bus/memory-bus.ts";
import { IpcBroker } from "./ipc/ipc-broker.ts";
import {
  channelPair,
  type IpcAnswer,
  type IpcRequests,
  type MessagingProcess,
  ProcessChannel,
} from "./ipc/ipc-channel.ts";
import { ipcLinks } from "./ipc/ipc-link.ts";
import { type MessageQueue, readQueue } from "./queue/queue-source.ts";
import type { LogBroker } from "./recovery/broker-recovery.ts";

const memoryBrokers = new Map<string, MemoryBroker>();

/** The bus that a `messageQueue` names, to the other processes with the same channel. */
export function queueBus(given: MessageQueue, channel: string, clock: Clock): Bus {
  const { broker } = readQueue(given);
  switch (broker) {
    case "redis":
      return new BrokerBus(
        "Redis",
        connectLater(async () => (await import("./redis/redis-link.ts")).redisLinks(given, channel)),
        clock,
      );
    case "nats":
      return new BrokerBus(
        "NATS",
        connectLater(async () => (await import("./nats/nats-link.ts")).natsLinks(given, channel)),
        clock,
      );
    case "memory": {
      // Servers in one process, in tests: those that give the same URL meet.
      const name = `${String(given)} ${channel}`;
      const memory = memoryBrokers.get(name) ?? new MemoryBroker();
      memoryBrokers.set(name, memory);
      return memory.bus();
    }
    default:
      return broker satisfies never;
  }
}

/** The broker that keeps streams and sessions for several processes; `null` where the queue cannot. */
export function streamBroker(given: MessageQueue, channel: string, clock: Clock): LogBroker | null {
  switch (readQueue(given).broker) {
    case "redis":
      return {
        name: "Redis",
        links: (onOpen) =>
          connectLater(async () =>
            (await import("./redis/redis-stream-link.ts")).redisStreamLinks(given, channel, onOpen),
          ),
      };
    case "nats":
      return {
        name: "NATS",
        links: (onOpen) =>
          connectLater(async () =>
            (await import("./nats/jetstream-link.ts")).jetStreamLinks(given, channel, clock, onOpen),
          ),
      };
    default:
      return null;
  }
}

/** The bus of a process that was forked by one that has a {@link WorkerHub}. */
export function workerBus(clock: Clock): Bus {
  const links = ipcLinks(() => {
    if (!process.connected) throw new Error("The process that started this one is gone.");
    return new ProcessChannel<IpcRequests, IpcAnswer>(process);
  });
  return new BrokerBus("the process that started this one", links, clock);
}

/** The bus between a process and the workers that it forks. */
export class WorkerHub {
  readonly #broker = new IpcBroker();

  /** Connects a worker that was just forked. */
  connect(worker: MessagingProcess): void {
    this.#broker.connect(new ProcessChannel<IpcAnswer, IpcRequests>(worker));
  }

  /** The bus of this process itself. */
  bus(clock: Clock): Bus {
    const links = ipcLinks(() => {
      const { left, right } = channelPair<IpcRequests, IpcAnswer>();
      this.#broker.connect(right);
      return left;
    });
    return new BrokerBus("the workers", links, clock);
  }
}

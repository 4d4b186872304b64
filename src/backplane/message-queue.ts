/** Chooses the bus to the other processes, and the broker of streams, by the URL of the message queue. */

import type { Clock } from "../base/time/clock.ts";
import { BrokerBus, connectLater } from "./bus/broker-bus.ts";
import type { Bus } from "./bus/bus.ts";
import { MemoryBroker } from "./bus/memory-bus.ts";
import { readQueueUrl } from "./bus/queue-url.ts";
import { IpcBroker } from "./ipc/ipc-broker.ts";
import {
  channelPair,
  type IpcAnswer,
  type IpcRequests,
  type MessagingProcess,
  ProcessChannel,
} from "./ipc/ipc-channel.ts";
import { ipcLinks } from "./ipc/ipc-link.ts";
import type { LogBroker } from "./recovery/broker-recovery.ts";

const memoryBrokers = new Map<string, MemoryBroker>();

/** The bus that a `messageQueue` names, to the other processes with the same channel. */
export function queueBus(url: string, channel: string, clock: Clock): Bus {
  const { broker } = readQueueUrl(url);
  switch (broker) {
    case "redis":
      return new BrokerBus(
        "Redis",
        connectLater(async () => (await import("./redis/redis-link.ts")).redisLinks(url, channel)),
        clock,
      );
    case "nats":
      return new BrokerBus(
        "NATS",
        connectLater(async () => (await import("./nats/nats-link.ts")).natsLinks(url, channel)),
        clock,
      );
    case "memory": {
      // Servers in one process, in tests: those that give the same URL meet.
      const name = `${url} ${channel}`;
      const memory = memoryBrokers.get(name) ?? new MemoryBroker();
      memoryBrokers.set(name, memory);
      return memory.bus();
    }
    default:
      return broker satisfies never;
  }
}

/** The broker that keeps streams and sessions for several processes; `null` where the queue cannot. */
export function streamBroker(url: string, channel: string, clock: Clock): LogBroker | null {
  switch (readQueueUrl(url).broker) {
    case "redis":
      return {
        name: "Redis",
        links: (onOpen) =>
          connectLater(async () =>
            (await import("./redis/redis-stream-link.ts")).redisStreamLinks(url, channel, onOpen),
          ),
      };
    case "nats":
      return {
        name: "NATS",
        links: (onOpen) =>
          connectLater(async () =>
            (await import("./nats/jetstream-link.ts")).jetStreamLinks(url, channel, clock, onOpen),
          ),
      };
    default:
      return null;
  }
}

/** Whether all users of a message queue are on this machine: its address leads nowhere else. */
export function isLocalQueue(url: string): boolean {
  return readQueueUrl(url).servers.every(({ host }) => /^(localhost|127(\.\d+){3}|::1)$/.test(host));
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

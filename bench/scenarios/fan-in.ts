/** Many clients that send events and expect no answer. */

import type { Connection, MessageListener } from "../load/connection.ts";
import type { Load } from "../load/load.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

/** With one event at a time the generator would be busier than the servers. */
const eventsAtOnce = 5;

export const fanIn: Scenario = {
  name: "fan-in",
  description:
    "500 connections in turn writing 5 events at once, as fast as they are taken; none is answered",
  unit: "event",
  units: "events",
  metric: "cpu",
  sizes: {
    full: { connections: 500, messages: 60_000, warmUp: 20_000 },
    quick: { connections: 50, messages: 1_000, warmUp: 200 },
  },
  async run(load: Load, { connections, messages, warmUp }: Size) {
    const senders = await load.connect(connections);
    const event = load.dialect.event("sink", payload);
    const events = Buffer.concat(Array.from({ length: eventsAtOnce }, () => event));
    const flush = load.dialect.event("flush");
    const writes = Math.ceil(messages / eventsAtOnce);
    await load.settled(sendAll(senders, Math.ceil(warmUp / eventsAtOnce), events, flush));
    return load.measure(writes * eventsAtOnce, () => sendAll(senders, writes, events, flush));
  },
};

/**
 * Writes this many times from all senders in turn, then waits for one answer to each.
 * The answers show that the server has handled everything.
 */
async function sendAll(
  senders: readonly Connection[],
  writes: number,
  events: Buffer,
  flush: Buffer,
): Promise<void> {
  let toSend = writes;
  while (toSend > 0) {
    let blocked = 0;
    for (const sender of senders) {
      if (toSend === 0) break;
      if (sender.isBlocked) {
        blocked += 1;
      } else {
        sender.write(events);
        toSend -= 1;
      }
    }
    // A pause after each turn, so that pings are answered and blocked writes continue.
    await (blocked === senders.length ? pause() : breath());
  }
  await flushAll(senders, flush);
}

/** Every connection requests one answer, which comes after everything that it sent before. */
function flushAll(senders: readonly Connection[], flush: Buffer): Promise<void> {
  let missing = senders.length;
  return new Promise((resolve) => {
    const listener: MessageListener = {
      onMessage() {
        missing -= 1;
        if (missing === 0) resolve();
      },
    };
    for (const sender of senders) {
      sender.listener = listener;
      sender.write(flush);
    }
  });
}

const breath = () => new Promise<void>((resolve) => setImmediate(resolve));
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

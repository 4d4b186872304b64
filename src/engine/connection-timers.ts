/**
 * The timers that all connections of a server share. There is one queue for each thing that a connection
 * waits for, and one timer for each queue, however many connections wait in it.
 */

import type { Clock } from "../base/time/clock.ts";
import { DeadlineQueue } from "../base/time/deadline-queue.ts";
import type { CloseReason } from "./close-reason.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { Upgrade } from "./transport/upgrade.ts";

/** How long a closing client may take to fetch its last packets, in ms. */
export const farewellTimeout = 10_000;

/**
 * How long a poll waits that comes while its client changes over to WebSocket, in ms: as long as with stock
 * servers.
 */
const pollEndDelay = 100;

/** How often to check whether a client has taken everything, while a caller waits for that, in ms. */
const drainInterval = 20;

/** How often to try again to send packets that are held back for a slow client, in ms. */
const retryInterval = 20;

/** A connection, as the timers of its life know it. */
export interface TimedConnection {
  /** It has been quiet for the ping interval. */
  probe(): void;
  /** It has been silent for too long. */
  terminate(reason: CloseReason): void;
  /** Its client has had the time to take its last packets. */
  endFarewell(): void;
}

/** A connection, as the timers for slow clients know it. */
export interface SlowConnection {
  /** Its packets have been held back for a while. */
  retry(): void;
  /** A caller has waited for a while for the client to take everything. */
  checkDrain(): void;
}

/** The queues in which connections wait. */
export class ConnectionTimers {
  /** Connections that wait until it is time to ask for a sign of life. */
  readonly pings: DeadlineQueue<TimedConnection>;
  /** Connections that wait for that sign. */
  readonly pongs: DeadlineQueue<TimedConnection>;
  /** Connections of version 3 that wait for any sign of life: their clients send pings by themselves. */
  readonly clientPingTimeouts: DeadlineQueue<TimedConnection>;
  /** Upgrades that wait for their end. */
  readonly upgrades: DeadlineQueue<Upgrade>;
  /** Upgrades whose clients poll on, which is answered after a moment. */
  readonly pollEnds: DeadlineQueue<Upgrade>;
  /** Connections that wait for their last packets to be taken. */
  readonly closeTimeouts: DeadlineQueue<TimedConnection>;
  /** Connections with callers that wait until the client has taken everything. */
  readonly drains: DeadlineQueue<SlowConnection>;
  /** Connections that hold packets back until their clients have taken most of what was sent before. */
  readonly retries: DeadlineQueue<SlowConnection>;

  constructor(clock: Clock, options: Pick<EngineOptions, "pingInterval" | "pingTimeout" | "upgradeTimeout">) {
    const { pingInterval, pingTimeout, upgradeTimeout } = options;
    const end = (connection: TimedConnection) => connection.terminate("ping timeout");
    this.pings = new DeadlineQueue(
      clock,
      pingInterval,
      (connection) => connection.probe(),
      // A timer for each of many clients would cost more than its ping. Early pings make up for delays: a
      // client has all of its time to answer, and is gone when both times are over.
      Math.min(pingInterval / 100, 250),
    );
    this.pongs = new DeadlineQueue(clock, pingTimeout, end);
    this.clientPingTimeouts = new DeadlineQueue(clock, pingInterval + pingTimeout, end);
    this.upgrades = new DeadlineQueue(clock, upgradeTimeout, (upgrade) => upgrade.cancel());
    this.pollEnds = new DeadlineQueue(clock, pollEndDelay, (upgrade) => upgrade.endPoll());
    this.closeTimeouts = new DeadlineQueue(clock, farewellTimeout, (connection) => connection.endFarewell());
    this.drains = new DeadlineQueue(clock, drainInterval, (connection) => connection.checkDrain());
    this.retries = new DeadlineQueue(clock, retryInterval, (connection) => connection.retry());
  }
}

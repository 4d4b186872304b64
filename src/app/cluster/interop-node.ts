/** Connects to socket.io or python-socketio servers through their own Redis message format. */

import { EmitterBus } from "../../backplane/bus/emitter-bus.ts";
import { QueueHealth, type QueueStats } from "../../backplane/bus/queue-health.ts";
import type { ForeignBackplane } from "../../backplane/interop/foreign-backplane.ts";
import type { ForeignServerEvents } from "../../backplane/interop/foreign-server-events.ts";
import { foreignBackplane, foreignBus } from "../../backplane/interop/interop.ts";
import type { ForeignFormat } from "../../backplane/queue/foreign-queue.ts";
import type { MessageQueue } from "../../backplane/queue/queue-source.ts";
import type { ClusterConnection, ClusterNodeOwner } from "./cluster-node.ts";
import { EmitterLosses } from "./emitter-losses.ts";
import { QueueStatusLog } from "./queue-status-log.ts";

/** This process among servers of other libraries. */
export class InteropNode implements ClusterConnection {
  readonly servers = null;
  readonly opened: Promise<void>;
  readonly health: QueueHealth;
  readonly #backplane: ForeignBackplane;
  readonly #bus: EmitterBus;
  readonly #losses: EmitterLosses;

  /**
   * @param format - the message format of the other servers
   * @param queue - the Redis that all of them use
   * @param channel - the name of their channel; `null` for the default of the format
   * @param owner - this process's server
   */
  constructor(
    format: ForeignFormat,
    queue: MessageQueue,
    channel: string | null,
    owner: Omit<ClusterNodeOwner, "engine" | "server">,
  ) {
    const { hub, logger, clock, trace } = owner;
    const bus = foreignBus(format, queue, clock);
    this.health = owner.health ?? new QueueHealth(bus.name);
    const log = new QueueStatusLog(logger, hub, this.health);
    this.#losses = new EmitterLosses(logger, process, this.health);
    this.#bus = new EmitterBus(bus, clock, this.#losses);
    this.#backplane = foreignBackplane(format, channel, {
      bus: this.#bus,
      clients: hub.local,
      owner: log,
      clock,
      trace,
    });
    hub.namespaces.useBackplane(this.#backplane);
    this.opened = this.#backplane.open();
    this.opened.catch((error: unknown) => log.onUnusable(error));
  }

  /** Events between servers; `null` where the format has none. */
  get foreignServers(): ForeignServerEvents | null {
    return this.#backplane.serverEvents ?? null;
  }

  get queueStats(): QueueStats {
    return this.health.stats(this.#bus.load, "none");
  }

  keepNothing(): void {
    this.#bus.serve();
  }

  serve(): Promise<void> {
    this.keepNothing();
    return Promise.resolve();
  }

  /** These formats have no recovery to wait for. */
  delivered(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    try {
      await this.#backplane.close();
    } finally {
      this.health.onClosed();
      this.#losses.forget();
    }
  }
}

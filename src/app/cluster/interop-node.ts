/** Servers and programs of another make that share clients with this process: they have words of their own. */

import { EmitterBus } from "../../backplane/bus/emitter-bus.ts";
import {
  type ForeignBackplane,
  type ForeignFormat,
  foreignBackplane,
  foreignBus,
} from "../../backplane/interop/interop.ts";
import type { ClusterConnection, ClusterNodeOwner } from "./cluster-node.ts";
import { EmitterLosses } from "./emitter-losses.ts";
import { QueueStatusLog } from "./queue-status-log.ts";

/** See above. */
export class InteropNode implements ClusterConnection {
  readonly servers = null;
  readonly opened: Promise<void>;
  readonly #backplane: ForeignBackplane;
  readonly #bus: EmitterBus;
  readonly #losses: EmitterLosses;
  #isRefused = false;

  /**
   * @param format - whose words they are
   * @param url - the Redis where all meet
   * @param channel - the name of what they share there; `null` for the format's own
   * @param owner - this process's server
   */
  constructor(
    format: ForeignFormat,
    url: string,
    channel: string | null,
    { hub, logger, clock, trace }: Omit<ClusterNodeOwner, "engine" | "server">,
  ) {
    const log = new QueueStatusLog(logger, hub);
    this.#losses = new EmitterLosses(logger, process);
    this.#bus = new EmitterBus(foreignBus(format, url, clock), clock, this.#losses);
    this.#backplane = foreignBackplane(format, this.#bus, channel, hub.local, log, clock, trace);
    hub.namespaces.useBackplane(this.#backplane);
    this.opened = this.#backplane.open();
    this.opened.catch((error: unknown) => {
      this.#isRefused = true;
      log.onUnusable(error);
    });
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  keepNothing(): void {
    this.#bus.serve();
  }

  serve(): Promise<void> {
    this.keepNothing();
    return Promise.resolve();
  }

  /** Nothing waits for others. */
  delivered(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    try {
      await this.#backplane.close();
    } finally {
      this.#losses.forget();
    }
  }
}

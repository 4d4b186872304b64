/** Servers and programs of another make that share clients with this process: they have words of their own. */

import { type ForeignBackplane, type ForeignFormat, foreignBackplane } from "../backplane/foreign.ts";
import type { CompanionsOwner, OtherProcesses } from "./companions.ts";
import { QueueLog } from "./queue-log.ts";

/** See above. */
export class Neighbours implements OtherProcesses {
  readonly servers = null;
  readonly opened: Promise<void>;
  readonly #backplane: ForeignBackplane;
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
    { hub, logger, clock, trace }: Omit<CompanionsOwner, "engine" | "server">,
  ) {
    const log = new QueueLog(logger, hub);
    this.#backplane = foreignBackplane(format, url, channel, hub, log, clock, trace);
    hub.useBackplane(this.#backplane);
    this.opened = this.#backplane.open();
    this.opened.catch((error: unknown) => {
      this.#isRefused = true;
      log.onUnusable(error);
    });
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  serve(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing waits for others. */
  delivered(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.#backplane.close();
  }
}

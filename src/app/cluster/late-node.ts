/**
 * This process among others, while the code for that is loaded: hardly a program needs it, and it is a
 * quarter of a server. Clients wait until it is there, and so do messages to other processes.
 */

import { QueueHealth, type QueueStats } from "../../backplane/bus/queue-health.ts";
import type { OtherServers } from "../../backplane/cluster/server-event.ts";
import type { ClusterConnection, ClusterNodeOwner } from "./cluster-node.ts";
import { LateBackplane } from "./late-backplane.ts";

/** The traits of a node before its code is there. */
export interface LateNodeTraits {
  /** The id of this process. */
  readonly node: string;
  /** The name of the broker. */
  readonly broker: string;
  /** Whether the other processes are of another make. */
  readonly isForeign: boolean;
  /** Whether the broker keeps recoverable namespaces. */
  readonly hasSharedLog: boolean;
}

/** Loads the code, and makes the node that it is for. */
export type NodeLoader = (known: {
  readonly node: string;
  readonly health: QueueHealth;
}) => Promise<ClusterConnection>;

/** See the head of this file. */
export class LateNode implements ClusterConnection {
  readonly opened: Promise<void>;
  readonly health: QueueHealth;
  readonly servers: OtherServers | null;
  readonly #backplane: LateBackplane;
  /** `null` where the code cannot be loaded. */
  readonly #loaded: Promise<ClusterConnection | null>;

  /**
   * @param traits - see {@link LateNodeTraits}
   * @param owner - this process's server
   * @param load - called at once
   */
  constructor(
    { node, broker, isForeign, hasSharedLog }: LateNodeTraits,
    { hub, engine, logger }: Pick<ClusterNodeOwner, "hub" | "engine" | "logger">,
    load: NodeLoader,
  ) {
    const { namespaces } = hub;
    this.health = new QueueHealth(broker);
    this.#backplane = new LateBackplane(node, isForeign);
    this.servers = isForeign ? null : this.#backplane;
    namespaces.useBackplane(this.#backplane);
    if (hasSharedLog) namespaces.shareRecovery(this.#backplane);
    const loading = load({ node, health: this.health });
    this.opened = loading.then((loaded) => loaded.opened);
    // The log tells of it, and run() its caller.
    this.opened.catch(() => {});
    this.#loaded = loading.then(
      (connection) => {
        const { backplane, sharedRecovery: recovery } = namespaces;
        const { servers } = connection;
        this.#backplane.resolve(backplane === null ? null : { connection, backplane, servers, recovery });
        return connection;
      },
      (err: unknown) => {
        namespaces.shareRecovery(null);
        this.#backplane.resolve(null);
        this.health.onUnusable(err);
        logger.error("The message queue cannot be used: only clients of this process are reached", {
          type: "queue unusable",
          err,
        });
        return null;
      },
    );
    namespaces.waitFor(this.#loaded);
    engine.waitFor(this.#loaded);
  }

  get queueStats(): QueueStats {
    return this.health.stats({ waiting: this.#backplane.waiting, latency: null }, "none");
  }

  async serve(hasRecovery: boolean): Promise<void> {
    this.keepNothing();
    await (await this.#loaded)?.serve(hasRecovery);
  }

  async delivered(): Promise<void> {
    await (await this.#loaded)?.delivered();
  }

  keepNothing(): void {
    // In its place among the messages.
    this.#backplane.whenLinked(({ connection }) => connection?.keepNothing());
  }

  async close(): Promise<void> {
    await (await this.#loaded)?.close();
  }
}

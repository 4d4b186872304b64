/**
 * Makes the workers of a server, and connects them: with each other, and with the metrics. Only programs with
 * workers load this file.
 */

import { HandoverPrimary } from "../../adapter/node/socket-handover.ts";
import type { Log } from "../../base/log/log.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { ClusterSetup } from "../cluster/cluster-setup.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import { WorkerPoolMetrics } from "../metrics/worker-pool-metrics.ts";
import { Workers, workerCount } from "./workers.ts";

/** What workers need of the server that forks them. */
export interface WorkerPoolOwner {
  readonly cluster: ClusterSetup;
  readonly metrics: ServerMetrics;
  readonly logger: Log;
  readonly clock: Clock;
}

/**
 * Makes the workers. None of them runs yet.
 *
 * @param workers - how many
 * @param drainTimeout - how long they may drain, in ms
 */
export async function workerPool(
  workers: number | "auto",
  drainTimeout: number,
  { cluster, metrics, logger, clock }: WorkerPoolOwner,
): Promise<Workers> {
  const hub = await cluster.connectWorkers();
  const handover = new HandoverPrimary();
  const counts = new WorkerPoolMetrics(() => metrics.collect(), clock);
  metrics.readTogether(counts);
  return new Workers({ count: workerCount(workers), drainTimeout }, clock, logger, (worker) => {
    hub.connect(worker);
    handover.connect(worker);
    counts.connect(worker);
  });
}

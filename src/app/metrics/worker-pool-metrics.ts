/** The metrics of a process and of all workers that it forked. */

import type { Clock } from "../../base/time/clock.ts";
import type { Metric } from "../../observe/metrics/metric.ts";
import { lastingMetrics, sumMetrics } from "../../observe/metrics/metric-sum.ts";
import { hearMetrics, type MetricsPeer, sendMetrics } from "./metrics-message.ts";
import { MetricsQuestions } from "./metrics-questions.ts";

/** A worker, and the latest that is known of it. */
interface PoolMember {
  readonly worker: MetricsPeer;
  /** `null` until it answers questions: a worker takes a while to start. */
  latest: readonly Metric[] | null;
}

/** Adds the metrics of all workers. One that has ended keeps its counters, so that no sum goes back. */
export class WorkerPoolMetrics {
  readonly #own: () => Metric[];
  readonly #questions: MetricsQuestions;
  readonly #members = new Set<PoolMember>();
  #ended: Metric[] = [];

  /**
   * @param own - reads the metrics of this process
   * @param clock - where time comes from
   */
  constructor(own: () => Metric[], clock: Clock) {
    this.#own = own;
    this.#questions = new MetricsQuestions(clock);
  }

  /** Takes in a worker, until its channel closes. */
  connect(worker: MetricsPeer): void {
    const member: PoolMember = { worker, latest: null };
    this.#members.add(member);
    hearMetrics(worker, (message) => {
      switch (message.type) {
        case "read":
          void this.#answer(worker, message.id);
          break;
        case "answer":
          member.latest = message.metrics;
          this.#questions.answer(message.id, message.metrics);
          break;
        case "state":
          member.latest = message.metrics;
          break;
      }
    });
    worker.on("disconnect", () => {
      if (!this.#members.delete(member)) return;
      this.#ended = sumMetrics([this.#ended, lastingMetrics(member.latest ?? [])]);
    });
  }

  /** The metrics of all processes together. */
  async collect(): Promise<Metric[]> {
    const ready = [...this.#members].filter(({ latest }) => latest !== null);
    const asked = ready.map(({ worker }) =>
      this.#questions.ask((id) => void sendMetrics(worker, { type: "read", id })),
    );
    await Promise.all(asked);
    // Of a worker that did not answer in time, the latest state counts, and of one that has ended, its last.
    return sumMetrics([this.#own(), this.#ended, ...[...this.#members].map(({ latest }) => latest ?? [])]);
  }

  async #answer(worker: MetricsPeer, id: number): Promise<void> {
    await sendMetrics(worker, { type: "answer", id, metrics: await this.collect() });
  }
}

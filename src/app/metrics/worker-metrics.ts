/** A worker's side of the metrics of all workers. */

import type { Clock, Timer } from "../../base/time/clock.ts";
import type { Metric } from "../../observe/metrics/metric.ts";
import { hearMetrics, type MetricsPeer, sendMetrics } from "./metrics-message.ts";
import { MetricsQuestions } from "./metrics-questions.ts";

/** How often a worker tells its counts, in ms: those of that time are lost when it is killed. */
const stateInterval = 2000;

/** What a worker's side needs of its server. */
export interface WorkerMetricsOwner {
  /** Whether everything is measured. */
  readonly isOn: boolean;
  collect(): Metric[];
}

/** Tells the process that forked this one of its metrics, and asks it for those of all. */
export class WorkerMetrics {
  readonly #owner: WorkerMetricsOwner;
  readonly #primary: MetricsPeer;
  readonly #clock: Clock;
  readonly #questions: MetricsQuestions;
  readonly #stopHearing: () => void;
  #timer: Timer | null = null;

  /**
   * @param owner - the metrics of this process
   * @param primary - the channel to the process that forked it
   * @param clock - where time comes from
   */
  constructor(owner: WorkerMetricsOwner, primary: MetricsPeer, clock: Clock) {
    this.#owner = owner;
    this.#primary = primary;
    this.#clock = clock;
    this.#questions = new MetricsQuestions(clock);
    this.#stopHearing = hearMetrics(primary, (message) => {
      if (message.type === "answer") this.#questions.answer(message.id, message.metrics);
      else if (message.type === "read")
        void sendMetrics(primary, { type: "answer", id: message.id, metrics: owner.collect() });
    });
    // From now on it answers, too.
    void this.#tell();
    this.#wait();
  }

  /** The metrics of all processes; those of this one where the process that forked it does not answer. */
  async collect(): Promise<Metric[]> {
    const all = await this.#questions.ask((id) => void sendMetrics(this.#primary, { type: "read", id }));
    return all === null ? this.#owner.collect() : [...all];
  }

  /** The server has stopped. Resolves when its last counts are on their way. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#stopHearing();
    await this.#tell();
  }

  #tell(): Promise<void> {
    return sendMetrics(this.#primary, { type: "state", metrics: this.#owner.collect() });
  }

  #wait(): void {
    this.#timer = this.#clock.after(stateInterval, () => {
      if (this.#owner.isOn) void this.#tell();
      this.#wait();
    });
  }
}

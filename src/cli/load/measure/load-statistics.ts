/** Everything that a load test counts and measures: for the whole run, and for each second of it. */

import type { ByteTraffic } from "../../../client/node/light-socket.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import type { LoadSample } from "./load-figures.ts";
import type { LoadMarks } from "./load-mark.ts";
import type { OwnInterval } from "./own-load.ts";
import { ReasonCounts } from "./reason-counts.ts";
import { SequenceLedger } from "./sequence-ledger.ts";

/** Durations of one kind: of the whole run, and since the last sample. */
class Durations {
  readonly whole = new LatencyHistogram();
  readonly interval = new LatencyHistogram();

  add(milliseconds: number): void {
    this.whole.add(milliseconds);
    this.interval.add(milliseconds);
  }
}

/** Counts and durations. */
export class LoadStatistics {
  readonly connects = new LatencyHistogram();
  readonly answers = new Durations();
  readonly lag = new Durations();
  /** How much later than due this program sent events. */
  readonly late = new LatencyHistogram();
  readonly counts = {
    joined: 0,
    /** Clients that are in their namespace now. */
    present: 0,
    sent: 0,
    received: 0,
    answered: 0,
    doubles: 0,
    disorder: 0,
    /** Events whose order is not known, because there are too many pairs of clients. */
    untracked: 0,
  };
  readonly traffic: ByteTraffic = { received: 0, sent: 0 };
  readonly failures = new ReasonCounts();
  readonly disconnects = new ReasonCounts();
  readonly errors = new ReasonCounts();
  /** What a scenario measures and counts under names of its own. */
  readonly times = new Map<string, LatencyHistogram>();
  readonly tallies = new Map<string, number>();
  readonly samples: LoadSample[] = [];
  readonly ledger = new SequenceLedger();
  #before = { joined: 0, sent: 0, received: 0, answered: 0, bytesIn: 0, bytesOut: 0, failed: 0 };
  #sampledAt = 0;

  /** An event with a mark has come to a client. */
  marked(client: number, { client: sender, number, time }: LoadMarks, now: number): void {
    this.lag.add(now - time);
    const arrival = this.ledger.take(client, sender, number);
    if (arrival === "double") this.counts.doubles += 1;
    else if (arrival === "late" || arrival === "old") this.counts.disorder += 1;
    else if (arrival === "untracked") this.counts.untracked += 1;
  }

  /** The histogram of a name that a scenario gave. */
  timesOf(name: string): LatencyHistogram {
    let histogram = this.times.get(name);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.times.set(name, histogram);
    }
    return histogram;
  }

  /**
   * Takes what happened since the last sample.
   *
   * @param time - since the beginning of the run, in ms
   */
  sample(time: number, own: OwnInterval): LoadSample {
    const { joined, sent, received, answered, present } = this.counts;
    const now = {
      ...{ joined, sent, received, answered },
      bytesIn: this.traffic.received,
      bytesOut: this.traffic.sent,
      failed: this.failures.total + this.disconnects.total + this.errors.total,
    };
    const { answers, lag } = this;
    const before = this.#before;
    const seconds = Math.max(0.001, (time - this.#sampledAt) / 1000);
    const rate = (name: keyof typeof now) => Number(((now[name] - before[name]) / seconds).toFixed(1));
    const quantile = ({ interval }: Durations, part: number) =>
      interval.count === 0 ? null : Number(interval.quantile(part).toFixed(3));
    const sample: LoadSample = {
      time: Math.round(time) / 1000,
      clients: present,
      connects: rate("joined"),
      sent: rate("sent"),
      received: rate("received"),
      answered: rate("answered"),
      bytesIn: rate("bytesIn"),
      bytesOut: rate("bytesOut"),
      failed: now.failed - before.failed,
      ...{ lagP50: quantile(lag, 0.5), lagP99: quantile(lag, 0.99) },
      ...{ answerP50: quantile(answers, 0.5), answerP99: quantile(answers, 0.99) },
      cpu: Number(own.cpu.toFixed(3)),
      delay: Number(own.delay.toFixed(3)),
    };
    this.samples.push(sample);
    this.#before = now;
    this.#sampledAt = time;
    answers.interval.clear();
    lag.interval.clear();
    return sample;
  }
}

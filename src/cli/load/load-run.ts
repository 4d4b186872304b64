/** Runs a load test: brings the clients in, sends events at an even rate, and counts what comes back. */

import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClientCloseReason, type ConnectFailure, describeAnswer } from "../../client/connect-failure.ts";
import { EngineClient } from "../../client/engine-client.ts";
import { NodeNetwork } from "../../client/node/node-network.ts";
import { readEventValue } from "../input/event-value.ts";
import type { ServerTarget } from "../session/server-target.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { LoadClient, type LoadClientOwner } from "./load-client.ts";
import { figuresOf, type LoadFigures } from "./load-figures.ts";
import { LoadMarks } from "./load-mark.ts";
import type { EventTemplate, LoadPlan } from "./load-plan.ts";

/** How often events are sent, in ms: those that are due by then. */
const beat = 5;

/** How long to wait for the last events and answers, in ms. */
const lastWait = 3000;

/** A silence after which no more events are awaited, in ms. */
const quiet = 300;

/** Reasons that are told apart; further ones count together. */
const mostReasons = 20;

/** A run. */
export class LoadRun implements LoadClientOwner {
  readonly #target: ServerTarget;
  readonly #plan: LoadPlan;
  readonly #signal: AbortSignal;
  readonly #marks = new LoadMarks(Math.random().toString(36).slice(2, 8));
  readonly #clients: LoadClient[] = [];
  readonly #histograms = {
    connects: new LatencyHistogram(),
    answers: new LatencyHistogram(),
    lag: new LatencyHistogram(),
  };
  readonly #counts = { sent: 0, received: 0, doubles: 0, disorder: 0, bytesIn: 0, bytesOut: 0, joined: 0 };
  readonly #failures = new Map<string, number>();
  readonly #disconnects = new Map<string, number>();
  readonly #startedAt = new Map<number, number>();
  readonly #delay = monitorEventLoopDelay({ resolution: 10 });
  #isEnding = false;
  #lastEvent = 0;
  #sendingTime = 0;

  constructor(target: ServerTarget, plan: LoadPlan, signal: AbortSignal) {
    this.#target = target;
    this.#plan = plan;
    this.#signal = signal;
  }

  /** The state as one short line. */
  get progress(): string {
    const { joined, sent, received } = this.#counts;
    const lag = this.#histograms.lag.count > 0 ? this.#histograms.lag : this.#histograms.answers;
    const p99 = lag.count === 0 ? "" : `, p99 ${lag.quantile(0.99).toFixed(1)} ms`;
    return `${joined} clients, ${sent} sent, ${received} received${p99}`;
  }

  /** Runs to the end, or to the signal. */
  async run(): Promise<LoadFigures> {
    const began = performance.now();
    const cpu = process.cpuUsage();
    this.#delay.enable();
    await this.#bringIn();
    if (this.#plan.event === null) await this.#rest(this.#plan.duration);
    else await this.#send(this.#plan.event);
    await this.#awaitLast();
    const duration = performance.now() - began;
    const used = process.cpuUsage(cpu);
    this.#delay.disable();
    const figures = this.#figures(duration, (used.user + used.system) / 1000 / duration);
    this.#isEnding = true;
    await Promise.all(this.#clients.map((client) => client.stop()));
    return figures;
  }

  joined(client: LoadClient): void {
    this.#counts.joined += 1;
    this.#histograms.connects.add(performance.now() - (this.#startedAt.get(client.number) ?? 0));
    this.#startedAt.delete(client.number);
    for (const template of this.#plan.first)
      this.#counts.bytesOut += client.send(this.#bodyOf(template, client, 0, performance.now()), undefined);
  }

  refused(_client: LoadClient, reason: string): void {
    count(this.#failures, `the namespace refuses: ${reason.slice(0, 100)}`);
  }

  ended(_client: LoadClient, reason: ClientCloseReason): void {
    if (!this.#isEnding) count(this.#disconnects, nameOf(reason));
  }

  event(client: LoadClient, message: string): void {
    this.#counts.received += 1;
    this.#lastEvent = performance.now();
    const mark = this.#marks.find(message);
    if (mark === undefined || mark.number === 0) return;
    this.#histograms.lag.add(performance.now() - mark.time);
    const last = client.lastOf.get(mark.client) ?? 0;
    if (mark.number === last) this.#counts.doubles += 1;
    else if (mark.number < last) this.#counts.disorder += 1;
    else client.lastOf.set(mark.client, mark.number);
  }

  answered(took: number): void {
    this.#histograms.answers.add(took);
  }

  received(bytes: number): void {
    this.#counts.bytesIn += bytes;
  }

  async #bringIn(): Promise<void> {
    const { clients, ramp } = this.#plan;
    const began = performance.now();
    const starting: Promise<void>[] = [];
    for (let number = 1; number <= clients && !this.#signal.aborted; number++) {
      const wait = began + (ramp * (number - 1)) / clients - performance.now();
      if (wait > 1) await this.#rest(wait);
      starting.push(this.#start(number));
    }
    await Promise.race([Promise.all(starting), this.#aborted()]);
    await this.#rest(20);
  }

  async #start(number: number): Promise<void> {
    const { network, engine, address, auth } = this.#target;
    const client = new LoadClient({
      number,
      namespace: address.namespace,
      auth,
      owner: this,
      open: (listener) => new EngineClient(new NodeNetwork({ ...network, light: true }), engine, listener),
    });
    this.#clients.push(client);
    this.#startedAt.set(number, performance.now());
    const outcome = await client.start();
    if (outcome.type !== "open") count(this.#failures, failureName(outcome));
  }

  /** Sends the events that are due at each beat. The time of an event is that at which it was due. */
  async #send(template: EventTemplate): Promise<void> {
    const { rate, duration, isCall } = this.#plan;
    const began = performance.now();
    const numbers = new Map<LoadClient, number>();
    const total = Math.floor((rate * duration) / 1000);
    let turn = 0;
    while (this.#counts.sent < total && !this.#signal.aborted) {
      const due = Math.min(total, Math.floor(((performance.now() - began) * rate) / 1000) + 1);
      while (this.#counts.sent < due) {
        const client = this.#nextClient(turn++);
        if (client === undefined) return;
        const time = began + (this.#counts.sent * 1000) / rate;
        const number = (numbers.get(client) ?? 0) + 1;
        numbers.set(client, number);
        this.#counts.sent += 1;
        const body = this.#bodyOf(template, client, number, time);
        this.#counts.bytesOut += client.send(body, isCall ? time : undefined);
      }
      await this.#rest(beat);
    }
    this.#sendingTime = performance.now() - began;
  }

  #nextClient(turn: number): LoadClient | undefined {
    const { length } = this.#clients;
    for (let step = 0; step < length; step++) {
      const client = this.#clients[(turn + step) % length];
      if (client?.isIn) return client;
    }
    return undefined;
  }

  #bodyOf(
    { event, values }: EventTemplate,
    { number: client }: LoadClient,
    number: number,
    time: number,
  ): string {
    const mark = this.#marks.write({ client, number, time });
    const filled = values.map((text) =>
      readEventValue(text.replaceAll("{{mark}}", mark).replaceAll("{{client}}", String(client))),
    );
    return JSON.stringify([event, ...filled]);
  }

  /** Waits until everything is there that is known to come, or nothing has come for a while. */
  async #awaitLast(): Promise<void> {
    if (this.#plan.event === null) return;
    const { expected } = this.#plan;
    const end = performance.now() + lastWait;
    while (performance.now() < end && !this.#signal.aborted) {
      const isAnswered = this.#clients.every((client) => client.waiting === 0);
      const isHere =
        expected === null
          ? performance.now() - this.#lastEvent > quiet
          : this.#histograms.lag.count >= this.#counts.sent * expected;
      if (isAnswered && isHere) return;
      await this.#rest(beat);
    }
  }

  async #rest(milliseconds: number): Promise<void> {
    // The signal ends every wait; that is no error here.
    await sleep(milliseconds, undefined, { signal: this.#signal }).catch(() => {});
  }

  #aborted(): Promise<void> {
    if (this.#signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #figures(duration: number, cpu: number): LoadFigures {
    const { connects, answers, lag } = this.#histograms;
    const { sent, received, doubles, disorder, bytesIn, bytesOut, joined } = this.#counts;
    const { expected, clients } = this.#plan;
    return {
      clients,
      connected: joined,
      connects: figuresOf(connects),
      sent,
      rate: this.#sendingTime === 0 ? 0 : (sent * 1000) / this.#sendingTime,
      answers: figuresOf(answers),
      unanswered: this.#clients.reduce((sum, client) => sum + client.waiting, 0),
      received,
      lag: figuresOf(lag),
      lost: expected === null ? null : Math.max(0, sent * expected - (lag.count - doubles)),
      doubles,
      disorder,
      bytesIn,
      bytesOut,
      failures: Object.fromEntries(this.#failures),
      disconnects: Object.fromEntries(this.#disconnects),
      own: { cpu: Number(cpu.toFixed(3)), delay: Math.max(0, this.#delay.percentile(99) / 1e6 - 10) },
      duration,
    };
  }
}

function count(reasons: Map<string, number>, reason: string): void {
  const name = reasons.has(reason) || reasons.size < mostReasons ? reason : "other reasons";
  reasons.set(name, (reasons.get(name) ?? 0) + 1);
}

function nameOf(reason: ClientCloseReason): string {
  switch (reason.type) {
    case "transport closed":
      return `closed with code ${reason.code}`;
    case "transport error":
      return reason.error.code;
    case "request refused":
      return describeAnswer(reason.answer);
    default:
      return reason.type;
  }
}

function failureName(failure: ConnectFailure): string {
  switch (failure.type) {
    case "unreachable":
      return failure.error.code;
    case "timeout":
      return "no answer in time";
    case "refused":
    case "foreign":
      return describeAnswer(failure.answer);
    case "ended":
      return nameOf(failure.reason);
    default:
      return failure satisfies never;
  }
}

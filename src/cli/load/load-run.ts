/** Runs a load test: brings the clients in, sends events at an even rate, and counts what comes back. */

import { errorText } from "../../base/foreign-value.ts";
import { printable } from "../../base/printable.ts";
import { systemClock } from "../../base/time/clock.ts";
import type { ClientCloseReason } from "../../client/connect-failure.ts";
import { answerFailure } from "../session/outcome.ts";
import type { ServerTarget } from "../session/server-target.ts";
import { Connector } from "./client/connector.ts";
import type { EventTemplate } from "./client/event-template.ts";
import type { LoadClient, LoadClientOwner } from "./client/load-client.ts";
import { closeReason, connectReason } from "./connect-reason.ts";
import type { LoadPlan } from "./load-plan.ts";
import { distributionOf, figuresOf, type LoadFigures, type LoadSample } from "./measure/load-figures.ts";
import { LoadMarks } from "./measure/load-mark.ts";
import { LoadStatistics } from "./measure/load-statistics.ts";
import { OwnLoad } from "./measure/own-load.ts";
import { Pacer } from "./pacer.ts";
import { ScriptedClient } from "./scenario/scripted-client.ts";
import { seatOf } from "./scenario/seat.ts";

/** What a run has. */
export interface LoadRunParts {
  readonly target: ServerTarget;
  readonly plan: LoadPlan;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Is told each second. */
  readonly onSample: (sample: LoadSample) => void;
  /** Is told errors that a scenario throws. */
  readonly onError: (error: unknown) => void;
}

/** How often the run looks whether everything has come, in ms. */
const lookBeat = 5;
/** The least silence after which no more events are awaited, in ms. */
const quiet = 300;
const sampleEvery = 1000;
/** Timers are exact to a ms: by so much, in ms, an event is not late because of the server. */
const timerStep = 2;

/** A run. */
export class LoadRun implements LoadClientOwner {
  readonly #parts: LoadRunParts;
  readonly #statistics = new LoadStatistics();
  readonly #own = new OwnLoad();
  readonly #marks = new LoadMarks(Math.random().toString(36).slice(2, 8));
  readonly #clients: LoadClient[] = [];
  readonly #scripted = new Map<LoadClient, ScriptedClient>();
  #isEnding = false;
  #turn = 0;
  /** In ms, of this process's clock. */
  readonly #times = { began: 0, lastJoined: 0, sending: 0, sent: 0, lastEvent: 0 };
  /** Counts when the clients were in. */
  #before = { received: 0, answered: 0 };
  #cpu = 0;

  constructor(parts: LoadRunParts) {
    this.#parts = parts;
  }

  /** Runs to the end, or to the signal. */
  async run(): Promise<LoadFigures> {
    const { plan, onSample } = this.#parts;
    const { traffic } = this.#statistics;
    const times = this.#times;
    times.began = performance.now();
    this.#own.start();
    const sample = () => this.#statistics.sample(performance.now() - times.began, this.#own.takeInterval());
    const sampler = setInterval(() => onSample(sample()), sampleEvery);
    try {
      await this.#bringIn();
      times.sending = performance.now();
      this.#before = { ...this.#statistics.counts };
      const cpu = process.cpuUsage();
      if (plan.event === null) await this.#rest(plan.duration);
      else await this.#send(plan.event);
      times.sent = performance.now();
      const used = process.cpuUsage(cpu);
      this.#cpu = (used.user + used.system) / 1000 / Math.max(1, times.sent - times.sending);
      for (const scripted of this.#scripted.values()) scripted.end();
      await this.#awaitLast();
    } finally {
      clearInterval(sampler);
    }
    sample();
    const figures = this.#figures(performance.now() - times.began);
    this.#isEnding = true;
    await Promise.all(this.#clients.map((client) => client.stop()));
    // To leave takes bytes, too.
    return { ...figures, bytesIn: traffic.received, bytesOut: traffic.sent };
  }

  joined(client: LoadClient): void {
    const now = performance.now();
    const { plan, target, onError } = this.#parts;
    const { counts, connects } = this.#statistics;
    counts.joined += 1;
    counts.present += 1;
    connects.add(now - client.startedAt);
    this.#times.lastJoined = now;
    client.onSettled();
    for (const template of plan.first) client.emit(template, template.fill("", client.number));
    const run = plan.scenario?.run;
    if (run === undefined || this.#isEnding) return;
    const scripted = new ScriptedClient({
      client,
      seat: seatOf(client.number - 1, plan.clients, plan.seed),
      statistics: this.#statistics,
      marks: this.#marks,
      timeout: target.timeout,
      onError,
    });
    this.#scripted.set(client, scripted);
    scripted.run(run.bind(plan.scenario));
  }

  refused(client: LoadClient, payload: string): void {
    this.#statistics.failures.add(`the namespace refuses: ${printable(payload)}`);
    client.onSettled();
  }

  ended(client: LoadClient, reason: ClientCloseReason): void {
    if (this.#isEnding) return;
    this.#statistics.disconnects.add(closeReason(reason));
    client.onSettled();
    this.left(client);
  }

  left(client: LoadClient): void {
    if (client.wasIn) this.#statistics.counts.present -= 1;
    this.#scripted.get(client)?.end();
  }

  event(client: LoadClient, message: string): void {
    const now = performance.now();
    this.#statistics.counts.received += 1;
    this.#times.lastEvent = now;
    if (this.#marks.find(message) && this.#marks.number > 0)
      this.#statistics.marked(client.number, this.#marks, now);
  }

  answered(client: LoadClient, id: number, due: number, values: string): void {
    const now = performance.now();
    this.#statistics.counts.answered += 1;
    this.#times.lastEvent = now;
    this.#statistics.answers.add(now - due);
    const { event } = this.#parts.plan;
    // A scenario knows itself which event was answered.
    if (event === null) this.#scripted.get(client)?.answered(id, now - due);
    if (event === null || !values.startsWith('[{"error":')) return;
    const failure = answerFailure(JSON.parse(values), event.event);
    if (failure !== null) this.#statistics.errors.add(failure.message);
  }

  async #bringIn(): Promise<void> {
    const { plan, target, signal } = this.#parts;
    const { clients, ramp, scenario, namespaces, seed } = plan;
    const connector = new Connector({
      ...{ target, namespaces, owner: this, traffic: this.#statistics.traffic },
      identify: (number) => scenario?.connect?.(seatOf(number - 1, clients, ~seed)) ?? {},
      created: (client) => this.#clients.push(client),
    });
    const began = performance.now();
    const starting: Promise<void>[] = [];
    for (let number = 1; number <= clients && !signal.aborted; number++) {
      const wait = began + (ramp * (number - 1)) / clients - performance.now();
      if (wait > 1) await this.#rest(wait);
      const started = this.#start(connector, number);
      starting.push(started);
      // The first finds out how the server speaks.
      if (number === 1) await Promise.race([started, this.#aborted()]);
    }
    await Promise.race([Promise.all(starting), this.#aborted()]);
  }

  /** Connects a client. Resolves when it is in its namespace, or is known not to be. */
  async #start(connector: Connector, number: number): Promise<void> {
    const { failures } = this.#statistics;
    const settled = connector.connect(number).then(
      ({ client, outcome }) => {
        if (outcome.type !== "open") failures.add(connectReason(outcome));
        else if (this.#isEnding) void client.stop();
        else return this.#entry(client);
        return undefined;
      },
      (error: unknown) => {
        failures.add(`connect() of the scenario: ${errorText(error)}`);
        this.#parts.onError(error);
      },
    );
    await settled;
  }

  /** Waits for the namespace. */
  #entry(client: LoadClient): Promise<void> {
    const { timeout } = this.#parts.target;
    return new Promise((resolve) => {
      const timer = systemClock.after(
        timeout,
        () => {
          this.#statistics.failures.add("no answer of the namespace in time");
          resolve();
        },
        true,
      );
      client.onSettled = () => {
        timer.cancel();
        resolve();
      };
      if (client.isIn) client.onSettled();
    });
  }

  /** Sends events at an even rate. The time of an event is that at which it was due. */
  async #send(template: EventTemplate): Promise<void> {
    const { plan, signal } = this.#parts;
    const { rate, duration, isCall } = plan;
    const { counts, late } = this.#statistics;
    const pacer = new Pacer({
      ...{ clock: systemClock, rate, duration },
      send: (due) => {
        const client = this.#nextClient();
        if (client === undefined) return false;
        const now = performance.now();
        late.add(now - due);
        const time = now - due < timerStep ? now : due;
        client.marked += 1;
        counts.sent += 1;
        const body = template.fill(this.#marks.write(client.number, client.marked, time), client.number);
        if (isCall) client.call(template, body, time);
        else client.emit(template, body);
        return true;
      },
    });
    const stop = () => pacer.stop();
    signal.addEventListener("abort", stop);
    if (!signal.aborted) await pacer.run();
    signal.removeEventListener("abort", stop);
  }

  #nextClient(): LoadClient | undefined {
    const { length } = this.#clients;
    for (let step = 0; step < length; step++) {
      const client = this.#clients[this.#turn++ % length];
      if (client?.isIn) return client;
    }
    return undefined;
  }

  /** Waits until everything is there that is known to come, or nothing has come for a while. */
  async #awaitLast(): Promise<void> {
    const { plan, signal, target } = this.#parts;
    if (plan.event === null && plan.scenario === null) return;
    const { lag, answers, counts } = this.#statistics;
    const end = performance.now() + target.timeout;
    // A server that was slow before is given time again.
    const silence = Math.max(quiet, 2 * Math.max(lag.whole.max, answers.whole.max));
    while (performance.now() < end && !signal.aborted) {
      const isAnswered = this.#clients.every((client) => client.waiting === 0 || !client.isIn);
      const since = performance.now() - Math.max(this.#times.lastEvent, this.#times.sent);
      const isHere =
        plan.expected === null ? since > silence : lag.whole.count >= counts.sent * plan.expected;
      if (isAnswered && isHere) return;
      await this.#rest(lookBeat);
    }
  }

  /** Waits. The signal ends every wait. */
  #rest(milliseconds: number): Promise<void> {
    const { signal } = this.#parts;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = systemClock.after(milliseconds, done, true);
      signal.addEventListener("abort", done);
    });
  }

  #aborted(): Promise<void> {
    const { signal } = this.#parts;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #figures(duration: number): LoadFigures {
    const { connects, answers, lag, late, counts, traffic, ledger, samples, ...more } = this.#statistics;
    const { sent, received, doubles, disorder, joined, untracked } = counts;
    const { expected, clients } = this.#parts.plan;
    const times = this.#times;
    const perSecond = (count: number, from: number, to: number) =>
      count === 0 ? 0 : Number(((count * 1000) / Math.max(1, to - from)).toFixed(1));
    return {
      clients,
      connected: joined,
      connects: figuresOf(connects),
      connectRate: perSecond(joined, times.began, times.lastJoined),
      sent,
      rate: perSecond(sent, times.sending, times.sent),
      answers: figuresOf(answers.whole),
      unanswered: this.#clients.reduce((sum, client) => sum + client.waiting, 0),
      received,
      answerRate: perSecond(counts.answered - this.#before.answered, times.sending, times.lastEvent),
      receivedRate: perSecond(received - this.#before.received, times.sending, times.lastEvent),
      lag: figuresOf(lag.whole),
      lost: expected === null ? null : Math.max(0, sent * expected - (lag.whole.count - doubles)),
      gaps: ledger.gaps,
      ...{ doubles, disorder, untracked },
      bytesIn: traffic.received,
      bytesOut: traffic.sent,
      failures: more.failures.read(),
      disconnects: more.disconnects.read(),
      errors: more.errors.read(),
      times: Object.fromEntries([...more.times].map(([name, histogram]) => [name, figuresOf(histogram)])),
      tallies: Object.fromEntries(more.tallies),
      own: {
        cpu: Number(this.#cpu.toFixed(3)),
        peak: Math.max(this.#cpu, ...samples.map(({ cpu }) => cpu)),
        delay: this.#own.stop(),
        late: figuresOf(late),
        memory: process.memoryUsage.rss(),
      },
      duration,
      samples,
      distributions: {
        connects: distributionOf(connects),
        answers: distributionOf(answers.whole),
        lag: distributionOf(lag.whole),
      },
    };
  }
}

/**
 * Runs many hostile clients at once against a server, while well-behaved clients use it. After each round the
 * server must hold what it held before, must have logged no fault of its own, and must have answered the
 * well-behaved clients in time.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { Canary } from "./canary.ts";
import { kindOf, runCase } from "./live-cases.ts";
import type { Counts, Holdings, LivePorts, LiveQuestion } from "./live-server.ts";
import { Random } from "./random.ts";

/** How many cases run at once, at most. */
const casesAtOnce = 400;
/**
 * How long a server may take to release everything of a round, in ms. Its own timeouts are shorter, but the
 * machine may be busy.
 */
const releaseTime = 90_000;
/** How much the heap may grow from the second round to the last, in bytes. */
const heapTolerance = 10_000_000;

/** How to attack a server. */
export interface LivePlan {
  /** The seed of the first case; each case adds 1. */
  readonly seed: number;
  readonly count: number;
  /** After how many cases the server is checked. Default 25 000 */
  readonly roundSize?: number;
  /** Whether to plant a fault in the server that every client triggers. */
  readonly isFaulty?: boolean;
  /** Called after each round. */
  readonly onRound?: (report: LiveReport) => void;
}

/** The first faults, and the smallest range of cases that was found to show one. */
export interface LiveFinding {
  readonly faults: readonly string[];
  readonly seed: number;
  readonly count: number;
}

/** The result of an attack. */
export interface LiveReport {
  finding: LiveFinding | null;
  cases: number;
  /** How often each status or close code came back. */
  readonly outcomes: Map<string, number>;
  /** How often the server traced each event. */
  events: Readonly<Record<string, number>>;
  /** The heap after each round, in bytes. */
  readonly heaps: number[];
  /** Answers to the well-behaved clients, and the longest time for one, in ms. */
  answers: number;
  slowest: number;
}

/** Attacks a server. */
export async function fuzzServer({
  seed,
  count,
  roundSize = 25_000,
  isFaulty = false,
  onRound,
}: LivePlan): Promise<LiveReport> {
  const report = emptyReport();
  const site = await Site.start(isFaulty);
  try {
    while (report.cases < count) {
      const first = seed + report.cases;
      const size = Math.min(roundSize, count - report.cases);
      const faults = await site.round(first, size, report);
      report.cases += size;
      onRound?.(report);
      if (faults.length > 0) {
        await site.stop();
        const start = () => Site.start(isFaulty);
        report.finding = await narrow({ faults, seed: first, count: size }, start);
        return report;
      }
    }
    const [, second, ...rest] = report.heaps;
    const grown = (rest.at(-1) ?? 0) - (second ?? 0);
    if (rest.length > 0 && grown > heapTolerance) {
      report.finding = { faults: [`the heap has grown by ${grown} bytes`], seed, count };
    }
    return report;
  } finally {
    await site.stop();
  }
}

/** Halves a range of cases as long as one of the halves shows a fault by itself. */
async function narrow(found: LiveFinding, start: () => Promise<Site>): Promise<LiveFinding> {
  const half = Math.ceil(found.count / 2);
  for (const [seed, count] of found.count === 1
    ? []
    : ([
        [found.seed, half],
        [found.seed + half, found.count - half],
      ] as const)) {
    const site = await start();
    const faults = await site.round(seed, count, emptyReport());
    await site.stop();
    if (faults.length > 0) return narrow({ faults, seed, count }, start);
  }
  return found;
}

function emptyReport(): LiveReport {
  return { finding: null, cases: 0, outcomes: new Map(), events: {}, heaps: [], answers: 0, slowest: 0 };
}

/** A server with its well-behaved clients. */
class Site {
  readonly #server: ChildProcess;
  readonly #ports: readonly number[];
  readonly #faults: string[] = [];
  #canaries: readonly Canary[] = [];
  #before: Holdings | null = null;
  #isStopping = false;

  private constructor(server: ChildProcess, ports: readonly number[]) {
    this.#server = server;
    this.#ports = ports;
    server.once("exit", (code, signal) => {
      if (!this.#isStopping) this.#faults.push(`the server ended with ${signal ?? `exit code ${code}`}`);
    });
  }

  static async start(isFaulty: boolean): Promise<Site> {
    const program = fileURLToPath(new URL("live-server.ts", import.meta.url));
    const server = fork(program, isFaulty ? ["--faulty"] : [], {
      execArgv: ["--expose-gc", "--no-warnings", "--import", "tsx"],
    });
    const { ports } = await nextMessage<LivePorts>(server);
    const site = new Site(server, ports);
    const fail = (why: string) => site.#faults.push(why);
    site.#canaries = [
      ...ports.map((port) => Canary.webSocket(port, fail)),
      Canary.polling(ports[0] ?? 0, fail),
    ];
    await Promise.race([
      Promise.all(site.#canaries.map((canary) => canary.ready())),
      nextFault(site.#faults),
    ]);
    site.#before = await site.#ask<Holdings>("holdings");
    return site;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const canary of this.#canaries) canary.end();
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    const ended = once(this.#server, "exit");
    this.#server.kill("SIGKILL");
    await ended;
  }

  /** Runs cases, and returns the faults. */
  async round(seed: number, count: number, report: LiveReport): Promise<readonly string[]> {
    let next = seed;
    const worker = async () => {
      while (next < seed + count && this.#faults.length === 0) {
        const current = next;
        next += 1;
        const note = (outcome: string) => this.#note(outcome, report);
        await runCase({ port: this.#portFor(current), note }, current);
      }
    };
    // Few at once if there are few, so that each gets an answer before the next.
    const atOnce = Math.min(casesAtOnce, Math.ceil(count / 20));
    await Promise.all(Array.from({ length: atOnce }, worker));
    if (this.#faults.length === 0) await this.#checkHoldings(report);
    for (const canary of this.#canaries) {
      report.answers += canary.answers;
      canary.answers = 0;
      report.slowest = Math.max(report.slowest, canary.slowest);
    }
    return this.#faults;
  }

  #portFor(seed: number): number {
    const compresses = kindOf(seed) === "compressed" || new Random(~seed).oneIn(4);
    return this.#ports[compresses ? 1 : 0] ?? 0;
  }

  #note(outcome: string, { outcomes }: LiveReport): void {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    // These outcomes are faults of the server.
    if (outcome === "status 500" || outcome === "close 1011")
      this.#faults.push(`a client was answered with ${outcome}`);
  }

  /** Waits until the server holds what it held before the round. */
  async #checkHoldings(report: LiveReport): Promise<void> {
    const before = this.#before;
    if (before === null) return;
    const deadline = performance.now() + releaseTime;
    let counts: Counts;
    do {
      await new Promise((resolve) => setTimeout(resolve, 50));
      counts = await this.#ask<Counts>("counts");
      if (this.#faults.length > 0) return;
    } while (
      (counts.connections > before.connections || counts.clients > before.clients) &&
      performance.now() < deadline
    );
    let holdings = await this.#ask<Holdings>("holdings");
    while (!isDeepStrictEqual(holdings.objects, before.objects) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      holdings = await this.#ask<Holdings>("holdings");
    }
    const { connections, clients, objects } = holdings;
    const expected = { connections: before.connections, clients: before.clients, objects: before.objects };
    if (!isDeepStrictEqual({ connections, clients, objects }, expected)) {
      this.#faults.push(
        `the server holds ${JSON.stringify({ connections, clients, objects })}, and before the round it held ${JSON.stringify(expected)}`,
      );
    }
    this.#faults.push(...holdings.faults);
    report.heaps.push(holdings.heap);
    report.events = holdings.events;
  }

  async #ask<T extends Counts>(question: LiveQuestion): Promise<T> {
    if (!this.#server.connected) throw new Error("the server is gone");
    this.#server.send(question);
    return nextMessage<T>(this.#server);
  }
}

/** The next message of a process; rejects when the process ends first. */
async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const onExit = () => ended.abort(new Error("the server has ended"));
  child.once("exit", onExit);
  const [message] = await once(child, "message", { signal: ended.signal });
  child.off("exit", onExit);
  return message;
}

/** Rejects as soon as there is a fault. */
async function nextFault(faults: readonly string[]): Promise<never> {
  while (faults.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  throw new Error(faults[0]);
}

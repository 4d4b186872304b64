/** One trial: starts the processes and clients of a seed, follows its schedule, and reports the faults. */

import { Random } from "../fuzz/random.ts";
import type { Emission, History } from "./history.ts";
import { everybody, namespaces } from "./history.ts";
import { type Fault, judge } from "./oracle.ts";
import { program } from "./program.ts";
import {
  type Backplane,
  makeSchedule,
  namespaceOf,
  ownerOf,
  roomNames,
  type Step,
  size,
  type TroubleKind,
  transportOf,
} from "./schedule.ts";
import { Site } from "./site.ts";
import { Witness } from "./witness.ts";

/** The backplanes over which all processes share one memory. */
const sharedMemories: readonly Backplane[] = ["redis", "jetstream"];
/** How long everything may take to work again after it is mended, in ms. */
const patience = 15_000;

/** The servers that can be tried. */
export const makes = ["roomcast", "socket.io"] as const;

/** One of {@link makes}. */
export type Make = (typeof makes)[number];

/** What to try. */
export interface TrialOptions {
  readonly make?: Make | undefined;
  readonly backplane: Backplane;
  readonly seed: number;
  /** What may go wrong; by default everything. */
  readonly only?: readonly TroubleKind[] | undefined;
}

/** The result of a trial. */
export interface TrialReport {
  readonly seed: number;
  readonly schedule: readonly Step[];
  readonly history: History;
  readonly faults: readonly Fault[];
  /** Faults that concern no single event. */
  readonly complaints: readonly string[];
  /** What the processes have printed. */
  readonly output: string;
  /** How long it took, in ms. */
  readonly time: number;
}

/** Runs a trial. */
export async function runTrial({
  make = "roomcast",
  backplane,
  seed,
  only,
}: TrialOptions): Promise<TrialReport> {
  const startedAt = performance.now();
  const schedule = makeSchedule(seed, backplane, only);
  const kills = schedule.filter(({ type }) => type === "kill").length;
  const emissions = new Map<number, Emission>();
  const site = await Site.start(
    {
      backplane,
      program: await program(make === "roomcast" ? "server-program.ts" : "stock-program.ts"),
      maxDisconnection: 20_000,
    },
    kills,
    {
      onSaid(tag, publisher, number) {
        const emission = emissions.get(tag);
        if (emission === undefined) return;
        emission.end = performance.now();
        emission.origin = { publisher, number };
      },
    },
  );
  const trial = new Trial(make, seed, site, emissions);
  try {
    await trial.open();
    await trial.perform(schedule);
    const complaints = await trial.settle();
    const history = trial.history(backplane);
    return {
      seed,
      schedule,
      history,
      faults: judge(history),
      complaints: [...site.complaints, ...complaints],
      output: site.output,
      time: performance.now() - startedAt,
    };
  } finally {
    await trial.end();
  }
}

class Trial {
  readonly #make: Make;
  readonly #seed: number;
  readonly #site: Site;
  readonly #emissions: Map<number, Emission>;
  readonly #witnesses: Witness[] = [];
  /** Steps that have begun and not ended yet. */
  readonly #begun: Promise<void>[] = [];
  #lastTag = 0;

  constructor(make: Make, seed: number, site: Site, emissions: Map<number, Emission>) {
    this.#make = make;
    this.#seed = seed;
    this.#site = site;
    this.#emissions = emissions;
  }

  /** Connects the clients. */
  async open(): Promise<void> {
    for (let client = 0; client < size.clients; client += 1) {
      const witness = await Witness.open({
        client: `client ${client}`,
        namespace: namespaceOf(client),
        // Stock servers need all requests of a polling client at one process.
        transport: this.#make === "roomcast" ? transportOf(client) : "websocket",
        nextPort: this.#balancer(client),
      });
      this.#witnesses.push(witness);
    }
    await until(() => this.#witnesses.every(({ sid }) => sid !== null));
  }

  /** Performs each step at its time. */
  async perform(schedule: readonly Step[]): Promise<void> {
    const beginning = performance.now();
    for (const step of schedule) {
      const wait = beginning + step.at - performance.now();
      if (wait > 0) await sleep(wait);
      this.#begun.push(this.#begin(step));
    }
    await Promise.all(this.#begun);
  }

  /**
   * Waits until everything works again, and checks that every client is reached from everywhere.
   * Returns the faults.
   */
  async settle(): Promise<string[]> {
    const complaints: string[] = [];
    await this.#site.whole().catch((error: unknown) => complaints.push(String(error)));
    const settled = await until(async () => {
      if (this.#witnesses.every(({ isSettled }) => isSettled)) return true;
      const unsettled = this.#witnesses.filter(({ sid, isSettled }) => sid !== null && !isSettled);
      await Promise.all(unsettled.map((witness) => witness.settle()));
      return false;
    });
    if (!settled) {
      const unsettled = this.#witnesses.filter(({ isSettled }) => !isSettled).map(({ client }) => client);
      complaints.push(`${unsettled.join(", ")} did not come back, or into their rooms`);
    }
    // Tries several times: one round may still be lost, but not all of them.
    let missing: string[] = [];
    const end = performance.now() + patience;
    do missing = await this.#roundOff();
    while (missing.length > 0 && performance.now() < end);
    return [...complaints, ...missing];
  }

  /** Sends from everywhere to every room; returns the clients that were not reached. */
  async #roundOff(): Promise<string[]> {
    const last: { tag: number; witness: Witness }[] = [];
    for (const namespace of Object.values(namespaces)) {
      for (const name of this.#site.publishers) {
        for (const room of [everybody, ...roomNames]) {
          const { tag } = this.#emission(namespace, [room]);
          this.#site.say({ name }, { tag, namespace, rooms: room === everybody ? null : [room] });
          for (const witness of this.#witnesses) {
            if (witness.namespace !== namespace) continue;
            if (room === everybody || witness.rooms.has(room)) last.push({ tag, witness });
          }
        }
      }
    }
    await until(() => last.every(({ tag, witness }) => witness.has(tag)), 3000);
    return last.flatMap(({ tag, witness }) => {
      if (witness.has(tag)) return [];
      const { rooms = [] } = this.#emissions.get(tag) ?? {};
      return [`${witness.client} was not reached in ${rooms.join()} when all was mended: event ${tag}`];
    });
  }

  history(backplane: Backplane): History {
    const { troubles, detached, ends } = this.#site;
    return {
      emissions: this.#emissions,
      // A stock server cannot have namespaces with and without recovery side by side.
      accounts: this.#witnesses.filter(
        ({ namespace }) => this.#make === "roomcast" || namespace === namespaces.kept,
      ),
      troubles,
      detached,
      ends,
      isShared: sharedMemories.includes(backplane),
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.#witnesses.map((witness) => witness.end()));
    await this.#site.end();
  }

  async #begin(step: Step): Promise<void> {
    switch (step.type) {
      case "say":
        return this.#say(step);
      case "join":
        return this.#witnesses[step.client]?.join(step.room);
      case "leave":
        return this.#witnesses[step.client]?.leave(step.room);
      case "cut":
        return this.#witnesses[step.client]?.cut(step.how, step.away);
      case "freeze":
        return this.#site.freeze(step.slot, step.time);
      case "kill":
        return this.#site.kill(step.slot, step.pause);
      case "restart":
        return this.#site.restart(step.pause, step.isEmpty);
      case "hang":
        return this.#site.hang(step.time);
      case "unsubscribe":
        return this.#site.unsubscribe();
      default:
        step satisfies never;
    }
  }

  async #say(step: Extract<Step, { type: "say" }>): Promise<void> {
    await Promise.all(Array.from({ length: step.count }, () => this.#sayOne(step)));
  }

  async #sayOne({ speaker, namespace, rooms: names }: Extract<Step, { type: "say" }>): Promise<void> {
    const rooms = names.map((name) => {
      const owner = ownerOf(name);
      return owner === null ? name : (this.#witnesses[owner]?.sid ?? "nobody");
    });
    const emission = this.#emission(namespace, rooms);
    const { tag } = emission;
    const said = { tag, namespace, rooms: rooms.includes(everybody) ? null : rooms };
    if (speaker.by === "client") {
      const origin = await this.#witnesses[speaker.client]?.say(said);
      if (origin === undefined) this.#emissions.delete(tag);
      if (origin == null) return;
      emission.end = performance.now();
      emission.origin = origin;
    } else if (!this.#site.say(speaker.by === "outside" ? "outside" : speaker, said)) {
      this.#emissions.delete(tag);
    }
  }

  #emission(namespace: string, rooms: readonly string[]): Emission {
    this.#lastTag += 1;
    const tag = this.#lastTag;
    const emission = { tag, namespace, rooms, begin: performance.now(), end: null, origin: null };
    this.#emissions.set(tag, emission);
    return emission;
  }

  /** Chooses a process for a client: the last one with double weight. Frozen processes count, too. */
  #balancer(client: number): () => number {
    const random = new Random(this.#seed * size.clients + client);
    let last = 0;
    return () => {
      const [first = 0, ...others] = this.#site.ports;
      if (!(random.oneIn(2) && [first, ...others].includes(last))) last = random.pick([first, ...others]);
      return last;
    };
  }
}

/** Whether the condition comes to hold in time. */
async function until(isSo: () => boolean | Promise<boolean>, time = patience): Promise<boolean> {
  const end = performance.now() + time;
  while (!(await isSo())) {
    if (performance.now() > end) return false;
    await sleep(10);
  }
  return true;
}

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/**
 * Compares two builds of Roomcast: a pair of servers runs side by side, and short slices of load alternate
 * between them, so that a slow minute of the machine slows both.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { environmentOf } from "../processes/bench-run.ts";
import { LoadProcess } from "../processes/load-process.ts";
import { ServerProcess } from "../processes/server-process.ts";
import type { Scenario, Size } from "../scenarios/scenario.ts";
import { type ServerProgram, servers } from "../servers/server-catalogue.ts";
import { type Command, type Cores, pinned } from "../system/cores.ts";
import { type Spread, spreadOf } from "../system/statistics.ts";
import { costOf } from "./summary.ts";

/** How many slices each server of a pair gets. */
const slicesOfPair = 6;

/** What to compare. */
export interface PairPlan {
  readonly scenarios: readonly Scenario[];
  /** The other checkout of Roomcast, with its build in `dist/`. */
  readonly baseline: string;
  /** Further arguments for the servers of this checkout. */
  readonly arguments: readonly string[];
  /** How many fresh pairs of servers each scenario gets. */
  readonly pairs: number;
  readonly sizeOf: (scenario: Scenario) => Size;
  readonly cores: Cores;
}

/** The cost of this checkout as a fraction of the baseline's in one scenario: one ratio for each pair. */
export interface PairedRatio {
  readonly scenario: string;
  readonly ratio: Spread;
  readonly pairs: number;
}

/**
 * Compares this checkout with another one.
 *
 * @param plan - what to compare
 * @param say - prints a line for each pair
 * @throws Error when the other checkout is not built, or a server fails
 */
export async function comparePairs(plan: PairPlan, say: (line: string) => void): Promise<PairedRatio[]> {
  const program = servers.find(({ name }) => name === "roomcast");
  if (program === undefined) throw new Error("the catalogue of servers has no roomcast");
  const own = program.find();
  if (typeof own === "string") throw new Error(own);
  const ownCommand: Command = [...own, ...plan.arguments];
  const other = baselineCommand(plan.baseline);
  const results: PairedRatio[] = [];
  for (const scenario of plan.scenarios) {
    say(`\n${scenario.name}: ${scenario.description}`);
    const ratios: number[] = [];
    for (let pair = 0; pair < plan.pairs; pair += 1) {
      const ratio = await runPair({
        plan,
        scenario,
        program,
        commands: [ownCommand, other],
        isReversed: pair % 2 === 1,
      });
      ratios.push(ratio);
      say(`  pair ${pair + 1} of ${plan.pairs}: ${ratio.toFixed(3)}`);
    }
    const ratio = spreadOf(ratios);
    if (ratio !== null) results.push({ scenario: scenario.name, ratio, pairs: plan.pairs });
  }
  return results;
}

interface Pair {
  readonly plan: PairPlan;
  readonly scenario: Scenario;
  readonly program: ServerProgram;
  /** This checkout's server, and the baseline's. */
  readonly commands: readonly [Command, Command];
  /** Whether the baseline's server starts first. */
  readonly isReversed: boolean;
}

/** The ratio of the two costs, summed over all slices. */
async function runPair({ plan, scenario, program, commands, isReversed }: Pair): Promise<number> {
  const core = plan.cores.server === null ? [] : [plan.cores.server];
  const start = (command: Command) => ServerProcess.start(pinned(command, core), environmentOf(scenario));
  const started: ServerProcess[] = [];
  const load = new LoadProcess(plan.cores.load);
  try {
    const [first, second] = isReversed ? [commands[1], commands[0]] : commands;
    started.push(await start(first), await start(second));
    const size = plan.sizeOf(scenario);
    const costs = [0, 0];
    // Memory needs a fresh server: one that has run reuses the memory of its earlier connections.
    const slices = scenario.metric === "memory" || scenario.isCold === true ? 1 : slicesOfPair;
    for (let slice = 0; slice < slices; slice += 1) {
      const order = slice % 2 === 0 ? [0, 1] : [1, 0];
      for (const index of order) {
        const server = started[index];
        if (server === undefined) continue;
        const outcome = await load.run(scenario, sliceOf(size, slice), program, server);
        costs[index] = (costs[index] ?? 0) + costOf(scenario, outcome);
      }
    }
    const [ofFirst = Number.NaN, ofSecond = Number.NaN] = costs;
    return isReversed ? ofSecond / ofFirst : ofFirst / ofSecond;
  } finally {
    load.stop();
    await Promise.all(started.map((server) => server.stop()));
  }
}

/** The first slice warms up the server in full. Later slices find it warm. */
function sliceOf(size: Size, slice: number): Size {
  return slice === 0 ? size : { ...size, warmUp: Math.ceil(size.warmUp / 10) };
}

/** Starts the server of another checkout by that checkout's own program, which imports its own build. */
function baselineCommand(folder: string): Command {
  const file = join(folder, "bench/servers/roomcast.mjs");
  for (const needed of [file, join(folder, "dist/index.js")])
    if (!existsSync(needed))
      throw new Error(
        `${needed} does not exist: --against takes a checkout of Roomcast in which \`npm run build\` has run`,
      );
  return [process.execPath, "--expose-gc", file];
}

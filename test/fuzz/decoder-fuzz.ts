/** Feeds new and mutated inputs to a decoder, and stops at the first that shows a fault. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DecoderTarget } from "./decoder-target.ts";
import { isHarmless } from "./harmless-inputs.ts";
import type { Message } from "./hostile-text.ts";
import { mutateMessages } from "./mutations.ts";
import { Random } from "./random.ts";

/** Cases that share one seed. Rerunning at most this many shows a fault again. */
const batchSize = 10_000;
/** How many inputs with a new outcome are kept during a run. */
const corpusLimit = 1000;
/** Longer inputs are not kept; in characters or bytes. */
const inputLimit = 2000;
/** How many inputs are kept beside this file, for each decoder. */
const keptLimit = 200;
/** A case that takes longer than this three times is a fault, in ms: decoders are linear. */
const timeLimit = 250;

/** A fault, and how to reproduce it. */
export interface Finding {
  readonly target: string;
  /** `npm run fuzz -- --only <target> --seed <seed> --cases <cases>` shows it again. */
  readonly seed: number;
  readonly cases: number;
  readonly input: readonly Message[];
  readonly error: unknown;
}

/** The result of a run. */
export interface DecoderReport {
  readonly finding: Finding | null;
  readonly cases: number;
  /** One input for each outcome. */
  readonly corpus: ReadonlyMap<string, readonly Message[]>;
}

/**
 * Runs cases: first the inputs kept beside this file, then new ones.
 *
 * @param target - the decoder
 * @param seed - decides all new cases
 * @param count - how many new cases
 */
export async function fuzzDecoder(
  target: DecoderTarget,
  seed: number,
  count: number,
): Promise<DecoderReport> {
  const kept = readCorpus(target.name);
  const all = new Map<string, readonly Message[]>();
  for (let done = 0; done < count || done === 0; done += batchSize) {
    const report = await runBatch(target, kept, seed + done / batchSize, Math.min(batchSize, count - done));
    if (report.finding !== null) return { ...report, cases: done + report.cases, corpus: all };
    for (const [outcome, input] of report.corpus) {
      const known = all.get(outcome);
      if (known === undefined ? all.size < corpusLimit : sizeOf(input) < sizeOf(known))
        all.set(outcome, input);
    }
  }
  return { finding: null, cases: count, corpus: all };
}

async function runBatch(
  target: DecoderTarget,
  kept: readonly (readonly Message[])[],
  seed: number,
  count: number,
): Promise<DecoderReport> {
  const random = new Random(seed);
  const corpus = new Map<string, readonly Message[]>();
  const inputs: (readonly Message[])[] = [];
  for (let number = 1 - kept.length; number <= count; number += 1) {
    const input = number < 1 ? (kept[number + kept.length - 1] ?? []) : next(target, random, inputs);
    try {
      const outcome = await timed(target, input);
      if (!corpus.has(outcome) && corpus.size < corpusLimit && sizeOf(input) <= inputLimit) {
        corpus.set(outcome, input);
        inputs.push(input);
      }
    } catch (error) {
      const cases = Math.max(1, number);
      return { finding: { target: target.name, seed, cases, input, error }, cases, corpus };
    }
  }
  return { finding: null, cases: count, corpus };
}

function next(
  target: DecoderTarget,
  random: Random,
  inputs: readonly (readonly Message[])[],
): readonly Message[] {
  if (inputs.length === 0 || random.oneIn(2)) return target.generate(random);
  const one = inputs[random.below(inputs.length)] ?? [];
  const other = inputs[random.below(inputs.length)] ?? [];
  return mutateMessages(random, one, other);
}

/** Processor time counts: on a busy machine, a process that does nothing may also take long. */
async function timed(target: DecoderTarget, input: readonly Message[]): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const startedAt = process.cpuUsage();
    const result = target.check(input);
    const outcome = typeof result === "string" ? result : await result;
    const { user, system } = process.cpuUsage(startedAt);
    const milliseconds = (user + system) / 1000;
    if (milliseconds < timeLimit) return outcome;
    if (tries === 3) throw new Error(`it took ${Math.round(milliseconds)} ms, three times`);
  }
}

function sizeOf(input: readonly Message[]): number {
  return input.reduce((sum, message) => sum + message.length + 1, 0);
}

/** The inputs kept for a decoder: one for each outcome of a long run, if it is harmless. */
export function readCorpus(name: string): readonly (readonly Message[])[] {
  const path = corpusPath(name);
  if (!existsSync(path)) return [];
  const lines: (string | { hex: string })[][] = JSON.parse(readFileSync(path, "utf8"));
  return lines.map((input) =>
    input.map((message) => (typeof message === "string" ? message : Buffer.from(message.hex, "hex"))),
  );
}

/** Keeps the shortest harmless inputs for later runs, in addition to those kept already. */
export function writeCorpus(name: string, inputs: Iterable<readonly Message[]>): void {
  const known = readCorpus(name);
  const harmless = [...inputs].filter(isHarmless);
  const shortest = harmless.sort((a, b) => sizeOf(a) - sizeOf(b)).slice(0, keptLimit - known.length);
  const lines = [...known, ...shortest].map((input) => `  ${JSON.stringify(input.map(inJson))}`);
  writeFileSync(corpusPath(name), `[\n${lines.join(",\n")}\n]\n`);
}

/** A message in JSON form. JSON.stringify escapes lone surrogates. */
export function inJson(message: Message): string | { hex: string } {
  return typeof message === "string" ? message : { hex: Buffer.from(message).toString("hex") };
}

function corpusPath(name: string): string {
  return fileURLToPath(new URL(`corpus/${name}.json`, import.meta.url));
}

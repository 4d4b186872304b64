/** Conditions under which a load test fails, such as `p99 > 200ms` or `lost > 0`. */

import { nearest } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";
import { readDuration } from "../input/duration.ts";
import { type LatencyFigures, type LoadFigures, totalOf } from "./measure/load-figures.ts";

/** A condition. */
export interface Threshold {
  /** As it was typed. */
  readonly text: string;
  readonly isBroken: (figures: LoadFigures) => boolean;
}

type ReadFigure = (figures: LoadFigures) => number | undefined;

/** Numbers, by the names that a condition may have. */
const counts: Readonly<Record<string, ReadFigure>> = {
  lost: ({ lost }) => lost ?? 0,
  gaps: ({ gaps }) => gaps,
  unanswered: ({ unanswered }) => unanswered,
  doubles: ({ doubles }) => doubles,
  disorder: ({ disorder }) => disorder,
  refused: ({ failures }) => totalOf(failures),
  disconnects: ({ disconnects }) => totalOf(disconnects),
  errors: ({ errors }) => totalOf(errors),
  connected: ({ connected }) => connected,
  rate: ({ rate }) => rate,
  received: ({ received }) => received,
  cpu: ({ own }) => own.cpu * 100,
};

/** Durations in ms. The name alone is that of the lag, or of the answers where no event comes back. */
const spreads: Readonly<Record<string, (figures: LoadFigures) => LatencyFigures>> = {
  "": ({ lag, answers }) => (lag.count > 0 ? lag : answers),
  "lag.": ({ lag }) => lag,
  "answer.": ({ answers }) => answers,
  "connect.": ({ connects }) => connects,
};

const parts: Readonly<Record<string, (spread: LatencyFigures) => number>> = {
  mean: ({ mean }) => mean,
  p50: ({ p50 }) => p50,
  p90: ({ p90 }) => p90,
  p99: ({ p99 }) => p99,
  "p99.9": ({ p999 }) => p999,
  max: ({ max }) => max,
};

const comparisons: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
};

/**
 * Reads a condition.
 *
 * @param hasOwnNames - whether a scenario may have times and counts of its own
 * @throws CommandFailure when it is none
 */
export function readThreshold(text: string, hasOwnNames = false): Threshold {
  const [, name, sign = "", limit = ""] = /^([^<>=]+)(>=?|<=?)([^<>=]+)$/.exec(withoutBlanks(text)) ?? [];
  const compare = comparisons[sign];
  if (name === undefined || compare === undefined)
    throw usageFailure(
      `--fail-if takes a condition such as "p99 > 200ms" or "lost > 0", not ${quoted(text)}.`,
    );
  const { read, isDuration } = findFigure(name, hasOwnNames);
  const value = isDuration ? readDuration(limit) : Number(limit.replace(/%$/, ""));
  if (value === undefined || Number.isNaN(value))
    throw usageFailure(
      `${quoted(limit)} in --fail-if is no ${isDuration ? "duration such as 200ms" : "number"}.`,
    );
  return {
    text: text.trim(),
    isBroken: (figures) => {
      const figure = read(figures);
      // What was never measured cannot be good.
      return figure === undefined || compare(figure, value);
    },
  };
}

function findFigure(name: string, hasOwnNames: boolean): { read: ReadFigure; isDuration: boolean } {
  const count = Object.hasOwn(counts, name) ? counts[name] : undefined;
  if (count !== undefined) return { read: count, isDuration: false };
  const [, before = "", last = ""] = /^(.*?\.)?(mean|p50|p90|p99\.9|p99|max)$/.exec(name) ?? [];
  const part = parts[last];
  const spread = spreads[before];
  if (part !== undefined && spread !== undefined)
    return { read: (figures) => part(spread(figures)), isDuration: true };
  if (hasOwnNames && part !== undefined)
    return {
      read: ({ times }) => {
        const own = times[before.slice(0, -1)];
        return own === undefined ? undefined : part(own);
      },
      isDuration: true,
    };
  if (hasOwnNames) return { read: ({ tallies }) => tallies[name] ?? 0, isDuration: false };
  const names = [
    ...Object.keys(spreads).flatMap((prefix) => Object.keys(parts).map((end) => `${prefix}${end}`)),
    ...Object.keys(counts),
  ];
  const meant = nearest(name, names) ?? names.join(", ");
  throw usageFailure(`--fail-if knows no figure ${quoted(name)}. Did you mean ${meant}?`);
}

function withoutBlanks(text: string): string {
  return text.split(/\s/).join("");
}

/** Conditions under which a load test fails, such as `p99 > 200ms` or `lost > 0`. */

import { nearest } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";
import { readDuration } from "../input/duration.ts";
import type { LoadFigures } from "./load-figures.ts";

/** A condition. */
export interface Threshold {
  /** As it was typed. */
  readonly text: string;
  readonly isBroken: (figures: LoadFigures) => boolean;
}

/** The names that a condition may have, and where their values are; durations in ms. */
const figureNames: Readonly<Record<string, (figures: LoadFigures) => number>> = {
  p50: ({ lag, answers }) => (lag.count > 0 ? lag : answers).p50,
  p90: ({ lag, answers }) => (lag.count > 0 ? lag : answers).p90,
  p99: ({ lag, answers }) => (lag.count > 0 ? lag : answers).p99,
  "p99.9": ({ lag, answers }) => (lag.count > 0 ? lag : answers).p999,
  "connect.p99": ({ connects }) => connects.p99,
  "answer.p99": ({ answers }) => answers.p99,
  "lag.p99": ({ lag }) => lag.p99,
  lost: ({ lost }) => lost ?? 0,
  unanswered: ({ unanswered }) => unanswered,
  doubles: ({ doubles }) => doubles,
  disorder: ({ disorder }) => disorder,
  refused: ({ failures }) => Object.values(failures).reduce((sum, count) => sum + count, 0),
  disconnects: ({ disconnects }) => Object.values(disconnects).reduce((sum, count) => sum + count, 0),
};

/**
 * Reads a condition.
 *
 * @throws CommandFailure when it is none
 */
export function readThreshold(text: string): Threshold {
  const [, name, sign, limit = ""] = /^([\w.]+)(>=?|<=?)(\S+)$/.exec(text.split(/\s/).join("")) ?? [];
  if (name === undefined)
    throw usageFailure(
      `--fail-if takes a condition such as "p99 > 200ms" or "lost > 0", not ${quoted(text)}.`,
    );
  const read = figureNames[name];
  if (read === undefined) {
    const names = Object.keys(figureNames);
    const meant = nearest(name, names) ?? names.join(", ");
    throw usageFailure(`--fail-if knows no figure ${quoted(name)}. Did you mean ${meant}?`);
  }
  const value = /^p|\.p/.test(name) ? readDuration(limit) : Number(limit);
  if (value === undefined || Number.isNaN(value))
    throw usageFailure(
      `${quoted(limit)} in --fail-if is no ${/^p|\.p/.test(name) ? "duration such as 200ms" : "number"}.`,
    );
  const compare: Readonly<Record<string, (one: number, other: number) => boolean>> = {
    ">": (one, other) => one > other,
    ">=": (one, other) => one >= other,
    "<": (one, other) => one < other,
    "<=": (one, other) => one <= other,
  };
  return { text: text.trim(), isBroken: (figures) => compare[sign ?? ">"]?.(read(figures), value) ?? false };
}

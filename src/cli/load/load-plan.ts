/** What a load test is to do, read from its command line. */

import { quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";
import { readEventName, splitWords } from "../input/event-value.ts";
import type { Flags } from "../input/flags.ts";
import { readThreshold, type Threshold } from "./threshold.ts";

/** An event and the JSON of its values, in which marks are put in place. */
export interface EventTemplate {
  readonly event: string;
  readonly values: readonly string[];
}

/** A plan. Times in ms. */
export interface LoadPlan {
  readonly clients: number;
  readonly ramp: number;
  readonly duration: number;
  /** Events a second, of all clients together. */
  readonly rate: number;
  readonly event: EventTemplate | null;
  /** Sent by each client when it is in. */
  readonly first: readonly EventTemplate[];
  readonly isCall: boolean;
  /** How many clients get each event; `null` where that is not known. */
  readonly expected: number | null;
  readonly thresholds: readonly Threshold[];
}

/** As many clients as one process should have. */
const mostClients = 50_000;

/**
 * Reads a plan.
 *
 * @throws CommandFailure when it is wrong
 */
export function readLoadPlan(flags: Flags): LoadPlan {
  const clients = flags.count("clients") ?? 100;
  if (clients < 1 || clients > mostClients)
    throw usageFailure(`--clients takes a number from 1 to ${mostClients}, not ${clients}.`);
  const event = flags.text("event");
  const data = flags.texts("data");
  if (event === undefined && (data.length > 0 || flags.has("call") || flags.text("rate") !== undefined))
    throw usageFailure("--data, --rate and --call belong to --event, which is missing.");
  const first = flags.texts("emit").map((text) => {
    const [name, ...values] = splitWords(text);
    if (name === undefined) throw usageFailure("--emit takes an event and its values.");
    return { event: readEventName(name), values };
  });
  return {
    clients,
    ramp: flags.duration("ramp", Math.max(1000, clients)),
    duration: flags.duration("for", 10_000),
    rate: readRate(flags.text("rate") ?? "10"),
    event: event === undefined ? null : { event, values: data.length === 0 ? ["{{mark}}"] : data },
    first,
    isCall: flags.has("call"),
    expected: flags.count("expect") ?? null,
    thresholds: flags.texts("fail-if").map(readThreshold),
  };
}

function readRate(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text) ?? [];
  const rate = Number(number);
  if (number === undefined || rate <= 0 || rate > 1e6)
    throw usageFailure(`--rate takes events a second, such as 100, not ${quoted(text)}.`);
  return rate;
}

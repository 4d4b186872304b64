/** What a load test is to do, read from its command line and its scenario. */

import { quoted } from "../../base/printable.ts";
import { usageFailure } from "../exit-code.ts";
import { readDuration } from "../input/duration.ts";
import { splitWords } from "../input/event-value.ts";
import type { Flags } from "../input/flags.ts";
import { EventTemplate } from "./client/event-template.ts";
import type { LoadScenario } from "./scenario/scenario.ts";
import { readThreshold, type Threshold } from "./threshold.ts";

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
  /** Namespaces that clients are spread over; empty where the URL names it. */
  readonly namespaces: readonly string[];
  readonly scenario: LoadScenario | null;
  /** For the random numbers of scenarios. */
  readonly seed: number;
}

/** As many clients as one process should have. */
const mostClients = 50_000;

/**
 * Reads a plan.
 *
 * @throws CommandFailure when it is wrong
 */
export function readLoadPlan(flags: Flags, scenario: LoadScenario | null = null): LoadPlan {
  const clients = flags.count("clients") ?? scenario?.clients ?? 100;
  if (!Number.isInteger(clients) || clients < 1 || clients > mostClients)
    throw usageFailure(`--clients takes a number from 1 to ${mostClients}, not ${clients}.`);
  const event = flags.text("event");
  const data = flags.texts("data");
  if (event !== undefined && scenario?.run !== undefined)
    throw usageFailure(
      "--event and a scenario's run() exclude each other: a scenario sends its events itself.",
    );
  if (event === undefined && (data.length > 0 || flags.has("call") || flags.text("rate") !== undefined))
    throw usageFailure("--data, --rate and --call belong to --event, which is missing.");
  const first = flags.texts("emit").map((text) => {
    const [name, ...values] = splitWords(text);
    if (name === undefined) throw usageFailure("--emit takes an event and its values.");
    return new EventTemplate(name, values);
  });
  const limits = [scenario?.failIf ?? []].flat();
  return {
    clients,
    ramp: flags.duration("ramp", durationOf(scenario?.ramp, "ramp") ?? Math.max(1000, clients)),
    duration: flags.duration("for", durationOf(scenario?.duration, "duration") ?? 10_000),
    rate: readRate(flags.text("rate") ?? "10"),
    event: event === undefined ? null : new EventTemplate(event, data.length === 0 ? ["{{mark}}"] : data),
    first,
    isCall: flags.has("call"),
    expected: flags.count("expect") ?? null,
    thresholds: [...limits, ...flags.texts("fail-if")].map((text) => readThreshold(text, scenario !== null)),
    namespaces: flags.texts("namespace").map((name) => (name.startsWith("/") ? name : `/${name}`)),
    scenario,
    seed: flags.count("seed") ?? 1,
  };
}

function durationOf(duration: number | string | undefined, name: string): number | undefined {
  if (duration === undefined) return undefined;
  const milliseconds = typeof duration === "number" ? duration : readDuration(duration);
  if (milliseconds !== undefined && milliseconds >= 0) return milliseconds;
  throw usageFailure(
    `${quoted(name)} of the scenario takes ms or a duration such as "10s", not ${quoted(String(duration))}.`,
  );
}

function readRate(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text) ?? [];
  const rate = Number(number);
  if (number === undefined || rate <= 0 || rate > 1e6)
    throw usageFailure(`--rate takes events a second, such as 100, not ${quoted(text)}.`);
  return rate;
}

/** Compares the limits of two JSON Schemas: lengths, numbers, patterns. */

import { isDeepStrictEqual } from "node:util";
import type { JsonValue } from "./json-pointer.ts";

/** Two schemas for values of one kind. */
export interface Keywords {
  readonly sent: JsonValue;
  readonly taken: JsonValue;
  /** Whether a client sends: then the side that takes has changed. */
  readonly isFromClient: boolean;
}

/** A limit that some values are beyond. */
interface BoundMisfit {
  readonly verdict: "breaks" | "unclear";
  readonly text: string;
}

const least = ["minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum"];
const most = ["maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum"];
const rules = ["pattern", "format", "multipleOf", "uniqueItems"];

/** Finds the limits that are stricter where values are taken than where they are sent. */
export function boundMisfits({ sent, taken, isFromClient }: Keywords): BoundMisfit[] {
  const misfits: BoundMisfit[] = [];
  const add = (keyword: string, verdict: BoundMisfit["verdict"]) => {
    const [before, after] = isFromClient ? [sent[keyword], taken[keyword]] : [taken[keyword], sent[keyword]];
    misfits.push({ verdict, text: `${keyword} was ${shown(before)}, and is ${shown(after)}` });
  };
  // A single value says all, whatever limits stand beside it.
  if ("const" in taken) return [];
  for (const keyword of [...least, ...most]) {
    const limit = taken[keyword];
    if (limit === undefined || isDeepStrictEqual(limit, sent[keyword])) continue;
    if ("const" in sent) add(keyword, "unclear");
    else if (!isWithin(keyword, sent, limit)) add(keyword, "breaks");
  }
  for (const keyword of rules) {
    const rule = taken[keyword];
    if (rule === undefined || rule === false || isDeepStrictEqual(rule, sent[keyword])) continue;
    add(keyword, sent[keyword] === undefined && !("const" in sent) ? "breaks" : "unclear");
  }
  return misfits;
}

/** Whether the limits of the sender hold its values within another limit. */
function isWithin(keyword: string, sent: JsonValue, limit: unknown): boolean {
  // Draft 4 had booleans here.
  if (typeof limit !== "number") return false;
  const isLeast = least.includes(keyword);
  // Nothing is shorter than nothing.
  if (isLeast && limit <= 0 && /^min[A-Z]/.test(keyword)) return true;
  const inclusive = /inimum$/.test(keyword) ? "minimum" : /aximum$/.test(keyword) ? "maximum" : keyword;
  const exclusive = isLeast ? "exclusiveMinimum" : "exclusiveMaximum";
  const isBeyond = (value: unknown, allowsEqual: boolean) =>
    typeof value === "number" &&
    ((isLeast ? value > limit : value < limit) || (allowsEqual && value === limit));
  if (inclusive === keyword)
    return isBeyond(sent[keyword], true) || (/imum$/.test(keyword) && isBeyond(sent[exclusive], true));
  return isBeyond(sent[exclusive], true) || isBeyond(sent[inclusive], false);
}

function shown(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}

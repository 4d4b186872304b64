/** The interface of the fuzz targets, and how they report a fault. */

import { isDeepStrictEqual } from "node:util";
import { ProtocolError } from "../../src/base/errors.ts";
import type { Message } from "./hostile-text.ts";
import type { Random } from "./random.ts";

/** A decoder and the conditions that must hold for it. */
export interface DecoderTarget {
  readonly name: string;
  /** Generates an input from scratch. */
  generate(random: Random): Message[];
  /**
   * Feeds an input to the decoder.
   *
   * @returns the outcome in a few words; an input with a new outcome is kept and mutated further
   * @throws Error when a condition does not hold
   */
  check(messages: readonly Message[]): string | Promise<string>;
}

/** The error of a condition that does not hold. */
export class Violation extends Error {}

/** The result of a call, or the refusal that it throws. Any other error is a finding. */
export function attempt<T>(call: () => T): { value: T } | { refusal: string } {
  try {
    return { value: call() };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { refusal: error.message.replaceAll(/".*"|\d+/gs, "…") };
  }
}

/** Throws unless the two values are equal. */
export function demandEqual(what: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Violation(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

/** A message as text; bytes become Latin-1. */
export const asText = (message: Message | undefined) =>
  typeof message === "string" ? message : Buffer.from(message ?? []).toString("latin1");

/** The shape of a value in a few letters. */
export function shapeOf(value: unknown, levels = 3): string {
  if (value instanceof Uint8Array) return "b";
  if (Array.isArray(value))
    return levels === 0
      ? "[]"
      : `[${value
          .slice(0, 4)
          .map((item) => shapeOf(item, levels - 1))
          .join("")}]`;
  if (typeof value === "object" && value !== null) {
    return levels === 0
      ? "{}"
      : `{${Object.values(value)
          .slice(0, 3)
          .map((item) => shapeOf(item, levels - 1))
          .join("")}}`;
  }
  return (typeof value).charAt(0);
}

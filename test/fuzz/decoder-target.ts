/** What the targets of the fuzz have in common: how a decoder is asked, and how a fault is told. */

import { isDeepStrictEqual } from "node:util";
import { ProtocolError } from "../../src/base/errors.ts";
import type { Message } from "./hostile-text.ts";
import type { Random } from "./random.ts";

/** A decoder and what must be true of it. */
export interface DecoderTarget {
  readonly name: string;
  /** An input, from nothing. */
  generate(random: Random): Message[];
  /**
   * Feeds an input to the decoder.
   *
   * @returns what it came to, in a few words: an input that comes to something new is kept and changed further
   * @throws Error when something is not as it must be
   */
  check(messages: readonly Message[]): string | Promise<string>;
}

/** An error that says what is not as it must be. */
export class Violation extends Error {}

/** What a call gives, or the refusal that it throws. Any other error is a finding. */
export function attempt<T>(call: () => T): { value: T } | { refusal: string } {
  try {
    return { value: call() };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { refusal: error.message.replaceAll(/".*"|\d+/gs, "…") };
  }
}

/** Throws unless two values are the same. */
export function demandEqual(what: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Violation(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

/** A message as text, bytes as Latin-1. */
export const asText = (message: Message | undefined) =>
  typeof message === "string" ? message : Buffer.from(message ?? []).toString("latin1");

/** A few letters that say what a value looks like. */
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

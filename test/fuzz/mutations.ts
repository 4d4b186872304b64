/** Small changes to messages worth keeping: the result is nearly right in other places. */

import { hostileNames, type Message } from "./hostile-text.ts";
import type { Random } from "./random.ts";

/** Pieces of text with a meaning to one of the decoders. */
const pieces = [
  ...[
    "[",
    "]",
    "{",
    "}",
    '"',
    "\\",
    ",",
    ":",
    "-",
    "/",
    "0",
    "9",
    "b",
    "=",
    "\u001e",
    "\u0000",
    "\ud800",
    "1e400",
  ],
  ...["[[[[", '{"_placeholder":true,"num":0}', '"__proto__":', "51-", "450-", "/chat,", "99999999999999999"],
] as const;

/** The longest text that is mutated further. */
const maxLength = 20_000;

/**
 * Changes messages in one to four places.
 *
 * @param messages - the input; it stays as it is
 * @param other - messages to take pieces from
 */
export function mutateMessages(
  random: Random,
  messages: readonly Message[],
  other: readonly Message[],
): Message[] {
  const changed = [...messages];
  for (let count = 1 + random.below(4); count > 0; count -= 1) mutateOnce(random, changed, other);
  return changed;
}

function mutateOnce(random: Random, messages: Message[], other: readonly Message[]): void {
  const at = random.below(messages.length + 1);
  const message = messages[at];
  const foreign = other[random.below(Math.max(1, other.length))];
  if (message === undefined || random.oneIn(10)) {
    if (random.oneIn(2)) messages.splice(at, 1);
    else if (messages.length < 10) messages.splice(at, 0, foreign ?? "");
  } else if (typeof message === "string") {
    messages[at] = mutateText(random, message, typeof foreign === "string" ? foreign : "").slice(
      0,
      maxLength,
    );
  } else {
    messages[at] = mutateBytes(random, message);
  }
}

/** Changes a text in one place. */
export function mutateText(random: Random, text: string, other: string): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + 1 + random.below(random.oneIn(4) ? text.length + 1 : 4));
  switch (random.below(7)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, at) + text.slice(at, end) + text.slice(at);
    case 2:
      return text.slice(0, at) + random.pick(pieces) + text.slice(end);
    case 3:
      return text.slice(0, at) + random.pick(pieces) + text.slice(at);
    case 4: {
      const start = random.below(other.length + 1);
      return text.slice(0, at) + other.slice(start, start + 1 + random.below(30)) + text.slice(end);
    }
    case 5:
      return (
        text.slice(0, at) +
        String.fromCharCode(random.below(random.oneIn(4) ? 65_536 : 128)) +
        text.slice(at + 1)
      );
    default:
      return text.slice(0, at) + JSON.stringify(random.pick(hostileNames)) + text.slice(end);
  }
}

function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = Buffer.from(bytes);
  if (changed.length === 0 || random.oneIn(4))
    return Buffer.concat([changed, random.bytes(1 + random.below(8))]);
  const at = random.below(changed.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return random.oneIn(3) ? changed.subarray(0, at) : changed;
}

/** The option for the secret that the processes of an application share. */

import type { ForeignFormat } from "../../backplane/queue/foreign-queue.ts";
import { RoomcastError } from "../../base/errors.ts";
import { option } from "../../base/options.ts";

/** The fewest characters of a secret: 32 of hexadecimal digits are 128 bits. */
const leastLength = 32;

const isSecret = (value: unknown) => typeof value === "string" && value.length >= leastLength;

/** See above. Every message is signed with the first secret, and taken with a signature of any. */
export const queueSecretOption = option<string | readonly string[] | null>(
  null,
  `a string of at least ${leastLength} characters, or a list of such strings`,
  (value) =>
    value === null || isSecret(value) || (Array.isArray(value) && value.length > 0 && value.every(isSecret)),
  { definite: true, aliases: ["secret", "messageQueueSecret"], describes },
);

/** A secret is in no message. */
function describes(value: unknown): string {
  if (typeof value === "string") return `one of ${value.length} characters. Make one: openssl rand -hex 32`;
  if (!Array.isArray(value)) return `a value of the type ${typeof value}`;
  return value.length === 0 ? "an empty list" : "a list that holds something else";
}

/** The secrets, the one to sign with first. */
export function secretsOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** Says that a format has no signatures. */
export function unsignedFormat(format: ForeignFormat): RoomcastError {
  return new RoomcastError(
    "ERR_OPTION",
    `Messages in the format "${format}" have no signatures, so the option "queueSecret" cannot protect them. Leave it out, and let ` +
      "no other program write to that Redis, or leave out the format.",
  );
}

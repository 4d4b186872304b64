/** Stands for names that are too long for a broker: they only have to lead somewhere, and travel whole in messages. */

import { createHash } from "node:crypto";

/** A name of 43 letters, digits, `-` and `_` in place of a longer one. */
export function digestOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url");
}

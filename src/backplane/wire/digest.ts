/**
 * Short names in place of names that are too long for a broker. Such a name only has to lead somewhere: the
 * long one travels in the message.
 */

import { nodeCrypto } from "../../base/node-crypto.ts";

/** A name of 43 letters, digits, `-` and `_` in place of a longer one. */
export function digestOf(name: string): string {
  return nodeCrypto().createHash("sha256").update(name).digest("base64url");
}

/**
 * Signed texts that name a user and the time until which they count: the dashboard's cookie. Every process
 * that knows the same secret takes them, so none of them has to keep or to ask for anything.
 *
 *     <expiry, base 36>.<random id>.<user, base64url>.<signature>
 */

import type { KeyObject } from "node:crypto";
import { generateId } from "../../base/id.ts";
import { nodeCrypto } from "../../base/node-crypto.ts";

/** A sign-in. */
export interface SignedIn {
  /** Random. */
  readonly id: string;
  readonly user: string;
  /** When it ends, in ms since 1970. */
  readonly until: number;
}

/** The longest token that is looked at: names are at most 100 characters. */
const longestToken = 1000;
/** How many sign-ins that were ended before their time are remembered. */
const maxEnded = 10_000;

const form = /^([\da-z]{1,10})\.([\w-]{20})\.([\w-]*)\.([\w-]{43})$/;

/** Derives the key of signatures from what the processes share. Slow on purpose: a password may be short. */
export function sessionKey(secret: string): Promise<KeyObject> {
  const { createSecretKey, scrypt } = nodeCrypto();
  return new Promise((resolve, reject) => {
    scrypt(secret, "roomcast dashboard 1", 32, (error, key) => {
      // Bun gives `undefined` in place of Node's `null`.
      if (error) reject(error);
      else resolve(createSecretKey(key));
    });
  });
}

/** Makes tokens and reads them. */
export class SessionTokens {
  readonly #key: KeyObject;
  readonly #duration: number;
  /** Sign-ins that were ended, by id, with the time at which they would have ended anyway. */
  readonly #ended = new Map<string, number>();

  /**
   * @param key - signs
   * @param duration - how long a sign-in lasts, in ms
   */
  constructor(key: KeyObject, duration: number) {
    this.#key = key;
    this.#duration = duration;
  }

  /** Tells servers with other keys apart. It says nothing of the key. */
  get label(): string {
    return this.#sign("label").slice(0, 8);
  }

  /** A token for a user that has just signed in. */
  make(user: string): string {
    const until = Date.now() + this.#duration;
    const text = `${until.toString(36)}.${generateId()}.${Buffer.from(user).toString("base64url")}`;
    return `${text}.${this.#sign(text)}`;
  }

  /** Reads a token; `null` where it is not valid, or not any more. */
  read(token: string | undefined): SignedIn | null {
    if (token === undefined || token.length > longestToken) return null;
    const [, expiry = "", id = "", user = "", signature = ""] = form.exec(token) ?? [];
    if (signature === "") return null;
    const expected = this.#sign(`${expiry}.${id}.${user}`);
    if (!nodeCrypto().timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return null;
    const until = Number.parseInt(expiry, 36);
    if (until <= Date.now() || this.#ended.has(id)) return null;
    return { id, user: Buffer.from(user, "base64url").toString(), until };
  }

  /** Takes a sign-in no more, although its time is not over. */
  end(id: string, until: number): void {
    const now = Date.now();
    for (const [each, end] of this.#ended) if (end <= now) this.#ended.delete(each);
    if (this.#ended.size < maxEnded && until > now) this.#ended.set(id, until);
  }

  #sign(text: string): string {
    return nodeCrypto().createHmac("sha256", this.#key).update(text).digest("base64url");
  }
}

/** Names and passwords. Of a password only a salted hash is kept, which takes long to compute on purpose. */

import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { FileMap } from "./file-map.ts";

export interface Account {
  readonly name: string;
  readonly salt: string;
  readonly hash: string;
}

/** What a form sends, once it is checked. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
}

export class Accounts {
  readonly #accounts: FileMap<Account>;

  constructor(accounts: FileMap<Account>) {
    this.#accounts = accounts;
  }

  /** Adds an account. Returns whether the name was free. */
  async add({ name, password }: Credentials): Promise<boolean> {
    const salt = randomBytes(16).toString("base64");
    const hash = (await hashOf(password, salt)).toString("base64");
    // Ada and ada would be taken for the same person. Another request may have been faster.
    if (this.#accounts.get(keyOf(name))) return false;
    this.#accounts.set(keyOf(name), { name, salt, hash });
    return true;
  }

  /** The account's name, as it was first written, if the password is right. */
  async check({ name, password }: Credentials): Promise<string | undefined> {
    const account = this.#accounts.get(keyOf(name));
    // An unknown name takes as long as a known one, so that the time does not tell them apart.
    const hash = await hashOf(password, account?.salt ?? "");
    return account && timingSafeEqual(hash, Buffer.from(account.hash, "base64")) ? account.name : undefined;
  }
}

const keyOf = (name: string) => name.normalize("NFKC").toLowerCase();

/** The cost that OWASP recommends: 32 MiB and a fraction of a second, in a thread of its own. */
function hashOf(password: string, salt: string): Promise<Buffer> {
  const cost = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, 32, cost, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

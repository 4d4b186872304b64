/** Checks a name and a password: given as it is, as a hash of bcrypt or scrypt, or to a function. */

import { nodeCrypto } from "../../base/node-crypto.ts";
import { bcryptForm, bcryptPackages, missingBcrypt, scryptForm } from "./password-hash.ts";

/** Whether a password is right. Nothing but `true` is a yes. */
export type DashboardPasswordCheck = (password: string, username: string) => boolean | Promise<boolean>;

/** The name and the password of the option `auth`. */
export interface DashboardCredentials {
  /** May be left out where `password` is a function, which then decides about every name. */
  readonly username?: string;
  readonly password: string | DashboardPasswordCheck;
}

/** The part of the packages bcryptjs and bcrypt that is used here. */
interface BcryptPackage {
  compare(password: string, hash: string): Promise<boolean>;
}

/** The longest password that is looked at, in bytes: bcrypt reads no more than 72. */
const longestPassword = 1024;

/** See the head of this file. */
export class Credentials {
  readonly #given: DashboardCredentials;
  #bcrypt: Promise<BcryptPackage> | null = null;

  constructor(given: DashboardCredentials) {
    this.#given = given;
    const { password } = given;
    // A package that cannot be loaded is reported with the first page, not at the first sign-in.
    if (typeof password === "string" && bcryptForm.test(password)) this.#bcrypt = loadBcrypt();
    this.#bcrypt?.catch(() => {});
  }

  /** Settles when everything that checks need is there. */
  async loaded(): Promise<void> {
    await this.#bcrypt;
  }

  /**
   * Whether a name and a password are right. Takes as long for a wrong name.
   *
   * @throws whatever the application's function throws
   */
  async areRight(username: string, password: string): Promise<boolean> {
    if (Buffer.byteLength(password) > longestPassword) return false;
    const known = this.#given.username;
    const isUser = known === undefined || isSameText(username, known);
    return (await this.#isRight(password, username)) && isUser;
  }

  async #isRight(password: string, username: string): Promise<boolean> {
    const known = this.#given.password;
    if (typeof known === "function") return (await known(password, username)) === true;
    if (this.#bcrypt !== null) return (await (await this.#bcrypt).compare(password, known)) === true;
    const scrypt = scryptForm.exec(known);
    return scrypt === null ? isSameText(password, known) : isHash(password, scrypt);
  }
}

/** Compares texts in a time that does not depend on where they differ. */
function isSameText(a: string, b: string): boolean {
  const digest = (text: string) => nodeCrypto().createHash("sha256").update(text).digest();
  return nodeCrypto().timingSafeEqual(digest(a), digest(b));
}

function isHash(password: string, [, ln, r, p, salt = "", hash = ""]: RegExpExecArray): Promise<boolean> {
  const expected = Buffer.from(hash, "base64");
  const options = { N: 2 ** Number(ln), r: Number(r), p: Number(p), maxmem: 256 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    nodeCrypto().scrypt(password, Buffer.from(salt, "base64"), expected.length, options, (error, derived) => {
      // Bun gives `undefined` in place of Node's `null`.
      if (error) reject(error);
      else resolve(nodeCrypto().timingSafeEqual(derived, expected));
    });
  });
}

/** Loads bcryptjs, or bcrypt, from beside the application. */
async function loadBcrypt(): Promise<BcryptPackage> {
  const { createRequire } = process.getBuiltinModule("node:module");
  for (const name of bcryptPackages) {
    for (const place of [`${process.cwd()}/package.json`, import.meta.url]) {
      try {
        return createRequire(place)(name) as BcryptPackage;
      } catch {
        // Not from here.
      }
    }
  }
  throw missingBcrypt();
}

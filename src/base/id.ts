/** Identifiers that cannot be guessed. */

import { nodeCrypto } from "./node-crypto.ts";

const bytesPerId = 15;
const charactersPerId = 20;
// Asking the operating system once for many identifiers costs a small part of asking for each.
const pool = Buffer.alloc(bytesPerId * 256);
let offset = pool.length;

/** The alphabet of base64url (RFC 4648 §5), as codes. */
const alphabet = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "latin1");

/**
 * Makes a generator of identifiers: 120 random bits as 20 URL-safe characters, behind a prefix.
 *
 * The characters are written beside the prefix and become a string at once. A string that is put together
 * from two is copied again when it is first looked up, which costs half as much as all else here.
 *
 * @param prefix - the beginning of every identifier, ASCII
 */
export function idGenerator(prefix = ""): () => string {
  const text = Buffer.alloc(prefix.length + charactersPerId);
  text.write(prefix, "latin1");
  return () => {
    if (offset === pool.length) {
      nodeCrypto().randomFillSync(pool);
      offset = 0;
    }
    writeId(text, prefix.length);
    return text.toString("latin1");
  };
}

/** Writes the next identifier. */
function writeId(text: Buffer, start: number): void {
  let at = start;
  for (const end = offset + bytesPerId; offset < end; offset += 3) {
    const bits = (byteAt(offset) << 16) | (byteAt(offset + 1) << 8) | byteAt(offset + 2);
    text[at] = characterOf(bits >> 18);
    text[at + 1] = characterOf((bits >> 12) & 63);
    text[at + 2] = characterOf((bits >> 6) & 63);
    text[at + 3] = characterOf(bits & 63);
    at += 4;
    // Random bytes that are in use must not stay readable here.
    pool[offset] = 0;
    pool[offset + 1] = 0;
    pool[offset + 2] = 0;
  }
}

function byteAt(index: number): number {
  return pool[index] ?? 0;
}

function characterOf(value: number): number {
  return alphabet[value] ?? 0;
}

/** Whether a text can stand for an identifier: it needs no escaping in URLs, JSON and names of channels. */
export function isUsableId(text: unknown): text is string {
  return typeof text === "string" && /^[\w.-]{1,200}$/.test(text);
}

/** A new identifier: 120 random bits as 20 URL-safe characters. */
export const generateId = idGenerator();

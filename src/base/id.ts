/** Identifiers that nobody can guess. */

import { randomFillSync } from "node:crypto";

const bytesPerId = 15;
// Asking the operating system once for many identifiers costs a small part of asking for each.
const pool = Buffer.alloc(bytesPerId * 256);
let offset = pool.length;

/** A new identifier: 120 random bits as 20 URL-safe characters. */
export function generateId(): string {
  if (offset === pool.length) {
    randomFillSync(pool);
    offset = 0;
  }
  const id = pool.toString("base64url", offset, offset + bytesPerId);
  // What has been given out must not be readable in memory that lives on.
  for (const end = offset + bytesPerId; offset < end; offset += 1) pool[offset] = 0;
  return id;
}

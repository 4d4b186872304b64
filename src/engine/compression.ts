/** Compression of HTTP answers. */

import { promisify } from "node:util";
import { deflate, gzip } from "node:zlib";
import type { EngineRequest } from "./ports.ts";

const encodings = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** A content coding that both sides know (RFC 9110 §12.5.3). */
export type ContentCoding = keyof typeof encodings;

/** The coding to use for the answer to a request, or `undefined` for none. */
export function chooseCoding(request: EngineRequest): ContentCoding | undefined {
  const accepted = String(request.headers["accept-encoding"] ?? "");
  for (const coding of ["gzip", "deflate"] as const) {
    const entry = accepted.split(",").find((part) => part.trim().split(/\s*;/)[0]?.toLowerCase() === coding);
    if (entry !== undefined && !/;\s*q=0(\.0*)?\s*$/.test(entry)) return coding;
  }
  return undefined;
}

/** Compresses bytes off the main thread. */
export function compress(coding: ContentCoding, bytes: Uint8Array): Promise<Uint8Array> {
  return encodings[coding](bytes);
}

/** Compression of HTTP answers. */

import { promisify } from "node:util";
import type { EngineRequest } from "../ports.ts";

/** A content coding that both sides know (RFC 9110 §12.5.3). */
export type ContentCoding = "gzip" | "deflate";

type Compressors = Readonly<Record<ContentCoding, (bytes: Uint8Array) => Promise<Uint8Array>>>;

/** Loaded at the first answer that is compressed. */
let compressors: Compressors | null = null;

/** The coding to use for the answer to a request, or `undefined` for none. */
export function chooseCoding(request: EngineRequest): ContentCoding | undefined {
  const accepted = String(request.headers["accept-encoding"] ?? "").split(",");
  for (const coding of ["gzip", "deflate"] as const) {
    const entry = accepted.find((part) => nameOf(part) === coding);
    if (entry !== undefined && weightOf(entry) !== 0) return coding;
  }
  return undefined;
}

/** The name in an entry of `accept-encoding`, such as `gzip;q=0.5`. */
function nameOf(entry: string): string {
  const end = entry.indexOf(";");
  return (end === -1 ? entry : entry.slice(0, end)).trim().toLowerCase();
}

/** How welcome the coding of an entry is: 0 is not at all (RFC 9110 §12.4.2). */
function weightOf(entry: string): number {
  const [, ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
  return Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
}

/** Compresses bytes off the main thread. */
export function compress(coding: ContentCoding, bytes: Uint8Array): Promise<Uint8Array> {
  compressors ??= loadCompressors();
  return compressors[coding](bytes);
}

function loadCompressors(): Compressors {
  const { deflate, gzip } = process.getBuiltinModule("node:zlib");
  return { gzip: promisify(gzip), deflate: promisify(deflate) };
}

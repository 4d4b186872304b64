/** One file in memory as the answer to a request, with an entity tag and compressed where accepted. */

import type { EngineRequest, HttpResponse } from "../engine/ports.ts";
import { answerFields } from "../engine/request/http-error.ts";
import { chooseCoding } from "../engine/transport/compression.ts";

/** The content type of a file by the extension of its name. */
const contentTypes: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  woff2: "font/woff2",
};

/** Formats that are compressed already. */
const packed = new Set(["image/png", "font/woff2"]);

/** The content type of a file; bytes of no known kind where its extension tells nothing. */
export function contentType(name: string): string {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return (Object.hasOwn(contentTypes, extension) && contentTypes[extension]) || "application/octet-stream";
}

/** A file in memory. */
export class ServedFile {
  readonly #body: Uint8Array;
  readonly #tag: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #isPacked: boolean;
  /** Made at the first request that accepts it. */
  #zipped: Uint8Array | null = null;

  /**
   * @param name - decides the content type
   * @param body - the content
   * @param tag - the entity tag without quotes, which changes with the content
   * @param headers - further header fields; they may replace the usual ones
   */
  constructor(name: string, body: Uint8Array, tag: string, headers: Readonly<Record<string, string>> = {}) {
    const type = contentType(name);
    this.#body = body;
    this.#tag = `"${tag}"`;
    this.#isPacked = packed.has(type);
    this.#headers = {
      "content-type": type,
      ...answerFields,
      "cache-control": "public, max-age=0",
      vary: "Accept-Encoding",
      etag: this.#tag,
      ...headers,
    };
  }

  /** The answer to a request for this file: a short one where the peer has the content already. */
  respond(request: EngineRequest): HttpResponse {
    const headers = this.#headers;
    const known = String(request.headers["if-none-match"] ?? "").split(",");
    if (known.some((tag) => tag.trim().replace(/^W\//, "") === this.#tag)) return { status: 304, headers };
    if (this.#isPacked || chooseCoding(request) !== "gzip") return { status: 200, headers, body: this.#body };
    this.#zipped ??= process.getBuiltinModule("node:zlib").gzipSync(this.#body);
    return { status: 200, headers: { "content-encoding": "gzip", ...headers }, body: this.#zipped };
  }
}

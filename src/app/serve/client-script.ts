/** Serves the browser's Socket.IO client from the installed `socket.io-client` package. */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EngineRequest, HttpResponse } from "../../engine/ports.ts";
import { answerFields } from "../../engine/request/http-error.ts";
import { chooseCoding } from "../../engine/transport/compression.ts";

const fileName = /^socket\.io(\.esm|\.msgpack)?(\.min)?\.js(\.map)?$/;
const plainText = { "content-type": "text/plain; charset=utf-8", ...answerFields };

interface ClientFile {
  readonly body: Buffer;
  readonly zipped: Buffer;
  readonly tag: string;
  readonly type: string;
}

/** The client's files, each read on first use. */
export class ClientScript {
  readonly #files = new Map<string, ClientFile>();
  readonly #warn: (message: string) => void;
  #hasWarned = false;

  /** @param warn - told once when the package is missing */
  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Whether a name is that of one of the client's files. */
  has(name: string): boolean {
    return fileName.test(name);
  }

  /** The answer to a request for a file; `undefined` when the client has no file of this name. */
  serve(name: string, request: EngineRequest): HttpResponse | undefined {
    if (!this.has(name)) return undefined;
    const folder = findPackage();
    if (folder === undefined) {
      const message = `/${name} is served from the package socket.io-client, which is not installed: npm install socket.io-client`;
      if (!this.#hasWarned) this.#warn(message);
      this.#hasWarned = true;
      return { status: 404, headers: plainText, body: message };
    }
    const file = this.#read(folder, name);
    if (file === undefined) return undefined;
    const headers = {
      "content-type": file.type,
      ...answerFields,
      "cache-control": "public, max-age=0",
      vary: "Accept-Encoding",
      etag: file.tag,
    };
    const known = String(request.headers["if-none-match"] ?? "").split(",");
    if (known.some((tag) => tag.trim().replace(/^W\//, "") === file.tag)) return { status: 304, headers };
    if (chooseCoding(request) === "gzip") {
      return { status: 200, headers: { "content-encoding": "gzip", ...headers }, body: file.zipped };
    }
    return { status: 200, headers, body: file.body };
  }

  #read(folder: string, name: string): ClientFile | undefined {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    try {
      const body = readFileSync(join(folder, "dist", name));
      const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        version: string;
      };
      const type = name.endsWith(".map") ? "application/json" : "text/javascript; charset=utf-8";
      const { gzipSync } = process.getBuiltinModule("node:zlib");
      const file: ClientFile = { body, zipped: gzipSync(body), tag: `"${version}"`, type };
      this.#files.set(name, file);
      return file;
    } catch {
      // Not every version of the package has every file.
      return undefined;
    }
  }
}

/** The application's own copy of the package comes first, then the one that Roomcast finds. */
function findPackage(): string | undefined {
  const { createRequire } = process.getBuiltinModule("node:module");
  for (const place of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return dirname(createRequire(place).resolve("socket.io-client/package.json"));
    } catch {
      // Not from here.
    }
  }
  return undefined;
}

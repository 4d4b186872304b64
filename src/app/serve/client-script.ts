/** Serves the browser's Socket.IO client from the installed `socket.io-client` package. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineRequest, HttpResponse } from "../../engine/ports.ts";
import { installedPackage } from "../../files/installed-package.ts";
import { ServedFile } from "../../files/served-file.ts";
import { plainAnswer } from "../../files/served-folder.ts";

const fileName = /^socket\.io(\.esm|\.msgpack)?(\.min)?\.js(\.map)?$/;

/** The client's files, each read on first use. */
export class ClientScript {
  readonly #files = new Map<string, ServedFile>();
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
    const folder = installedPackage("socket.io-client");
    if (folder === undefined) {
      const message = `/${name} is served from the package socket.io-client, which is not installed: npm install socket.io-client`;
      if (!this.#hasWarned) this.#warn(message);
      this.#hasWarned = true;
      return plainAnswer(404, message);
    }
    return this.#read(folder, name)?.respond(request);
  }

  #read(folder: string, name: string): ServedFile | undefined {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    try {
      const body = readFileSync(join(folder, "dist", name));
      const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        version: string;
      };
      const file = new ServedFile(name, body, version);
      this.#files.set(name, file);
      return file;
    } catch {
      // Not every version of the package has every file.
      return undefined;
    }
  }
}

/** The files of the page, as the build has put them into one folder. They hold nothing about the server. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { RoomcastError } from "../base/errors.ts";
import { nodeCrypto } from "../base/node-crypto.ts";
import { ServedFile } from "../files/served-file.ts";

/** The files by their names below the dashboard's path. */
const names: Readonly<Record<string, string>> = {
  "": "index.html",
  "page.js": "page.js",
  "page.css": "page.css",
  "icon.svg": "icon.svg",
  "licences.txt": "licences.txt",
};

/** Nothing but the page's own files and its own server; nothing may frame it, and nothing may be framed. */
export const pageFields: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

/** Beside the bundle; for sources that run without a build, in the folder that the build writes to. */
const folder = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/dashboard/" : "./dashboard/",
  import.meta.url,
);

/** See the head of this file. */
export class PageFiles {
  readonly #files = new Map<string, Promise<ServedFile>>();

  /**
   * Finds a file.
   *
   * @param name - the name below the dashboard's path
   * @returns `undefined` for no file of the page
   * @throws {@link RoomcastError} `ERR_STATE` where the files were not built
   */
  async find(name: string): Promise<ServedFile | undefined> {
    const file = Object.hasOwn(names, name) ? names[name] : undefined;
    if (file === undefined) return undefined;
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const read = readPageFile(file);
    this.#files.set(file, read);
    // The next request tries again.
    read.catch(() => this.#files.delete(file));
    return read;
  }
}

async function readPageFile(name: string): Promise<ServedFile> {
  const path = fileURLToPath(new URL(name, folder));
  const body = await readFile(path).catch((cause: unknown) => {
    throw new RoomcastError(
      "ERR_STATE",
      `The dashboard's page is not in ${path}. In a copy of the repository: npm run build.`,
      { cause },
    );
  });
  const tag = nodeCrypto().createHash("sha256").update(body).digest("base64url").slice(0, 20);
  return new ServedFile(name, body, tag, pageFields);
}

/**
 * The pages of the package `@socket.io/admin-ui`, for this server: they connect to the server that they come
 * from, and ask no other host for anything.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RoomcastError } from "../base/errors.ts";
import { nodeCrypto } from "../base/node-crypto.ts";
import { ServedFile } from "../files/served-file.ts";
import { iconStyles } from "./page-icons.ts";

/** How the pages find their server. */
export interface AdminPagesSettings {
  /** The folder of the package. */
  readonly folder: string;
  /** Where the pages are, with a slash at both ends. */
  readonly path: string;
  /** Where the server's clients connect. */
  readonly enginePath: string;
  readonly namespace: string;
  readonly parser: "default" | "msgpack";
}

/**
 * What the pages may do. Their framework makes a style sheet while it runs, so styles cannot be stricter; an
 * icon of ours is an image inside its style sheet.
 */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "content-security-policy": contentPolicy,
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** The files of the package that are served: nothing else that may lie in its folder. */
const fileName = /^(?:index\.html|favicon\.png|(?:css|img|js)\/[\w.-]+)$/;
const presetName = "roomcast.js";
const stylesName = "roomcast.css";

/** The files of the pages, each read on first use. */
export class AdminPages {
  readonly #settings: AdminPagesSettings;
  readonly #files = new Map<string, Promise<ServedFile | undefined>>();

  /** @param settings - how the pages find their server */
  constructor(settings: AdminPagesSettings) {
    this.#settings = settings;
  }

  /** Finds a file by its name below the path; `undefined` for none. */
  find(name: string): Promise<ServedFile | undefined> {
    const wanted = name === "" ? "index.html" : name;
    if (wanted !== presetName && wanted !== stylesName && !fileName.test(wanted))
      return Promise.resolve(undefined);
    let file = this.#files.get(wanted);
    if (file === undefined) {
      file = this.#make(wanted);
      this.#files.set(wanted, file);
      // An error may pass: too many open files, say. A name that does not exist is not kept either.
      file.then(
        (found) => found ?? this.#files.delete(wanted),
        () => this.#files.delete(wanted),
      );
    }
    return file;
  }

  async #make(name: string): Promise<ServedFile | undefined> {
    const content = await this.#content(name);
    if (content === undefined) return undefined;
    const tag = nodeCrypto().createHash("sha256").update(content).digest("base64url").slice(0, 20);
    return new ServedFile(name, content, tag, headers);
  }

  async #content(name: string): Promise<Buffer | undefined> {
    if (name === presetName) return Buffer.from(presetScript(this.#settings));
    if (name === stylesName) return Buffer.from(iconStyles());
    const content = await readFile(join(this.#settings.folder, "ui/dist", name)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    });
    if (name !== "index.html") return content;
    if (content === undefined) {
      throw new RoomcastError(
        "ERR_MISSING_PACKAGE",
        "The installed package @socket.io/admin-ui has no file ui/dist/index.html: npm install @socket.io/admin-ui@0.5",
      );
    }
    return Buffer.from(ownPage(content.toString()));
  }
}

/** Takes links to other hosts out of a page, and adds the settings and icons of this server. */
function ownPage(page: string): string {
  return page
    .replaceAll(/<link\b[^>]*\bhref="?(?:https?:)?\/\/[^>]*>/g, "")
    .replace("</head>", `<link href="${stylesName}" rel="stylesheet"></head>`)
    .replace(/<script\b/, `<script src="${presetName}"></script><script`);
}

/** The page reads from the browser's storage where its server is. */
function presetScript({ path, enginePath, namespace, parser }: AdminPagesSettings): string {
  const given = JSON.stringify({ path, enginePath, namespace, parser }).replaceAll("<", "\\u003c");
  return `"use strict";
(() => {
  const given = ${given};
  // A proxy may have put something before the path, and then before that of the clients too.
  const { origin, pathname } = window.location;
  const before = pathname.endsWith(given.path) ? pathname.slice(0, -given.path.length) : "";
  try {
    localStorage.setItem("server_url", origin);
    localStorage.setItem("path", before + given.enginePath);
    localStorage.setItem("namespace", given.namespace);
    localStorage.setItem("parser", given.parser);
    // The page asks for an old login first, and would say that it is wrong before a new one is entered.
    const { classList } = document.documentElement;
    if (!localStorage.getItem("session_id")) classList.add("roomcast-new");
    document.addEventListener("submit", () => classList.remove("roomcast-new"), true);
  } catch {
    // Without storage the page asks for all of it.
  }
})();
`;
}

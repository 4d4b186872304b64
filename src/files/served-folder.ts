/**
 * Files of Roomcast's own below a path of the HTTP server, beside the application: the pages of an admin
 * interface, say. Every request below the path is answered here, those for unknown names with status 404.
 */

import type { EngineRequest, HttpExchange, HttpResponse } from "../engine/ports.ts";
import { answerFields } from "../engine/request/http-error.ts";
import type { ServedFile } from "./served-file.ts";

/** Finds a file below a path by its name; `undefined` for none. The name of the path itself is `""`. */
export type FileFinder = (name: string) => ServedFile | undefined | Promise<ServedFile | undefined>;

/** The files below one path. */
export class ServedFolder {
  /** Where it lies, without the slash at the end. */
  readonly path: string;
  readonly #find: FileFinder;
  readonly #report: (error: unknown) => void;

  /**
   * @param path - the path with a slash at its beginning and end, such as `/admin/`; without the last slash
   *   it leads there
   * @param find - finds a file by its name below the path
   * @param report - told why a file could not be found out about; the peer gets status 500
   */
  constructor(path: string, find: FileFinder, report: (error: unknown) => void) {
    this.path = path.replace(/\/+$/, "");
    this.#find = find;
    this.#report = report;
  }

  /** Whether a path is this one, or below it. */
  owns(path: string): boolean {
    return path.startsWith(this.path) && ["", "/"].includes(path.charAt(this.path.length));
  }

  /** Answers a request for a path that it owns. */
  serve(request: EngineRequest, exchange: HttpExchange): void {
    this.#answer(request)
      .catch((error: unknown) => {
        this.#report(error);
        return plainAnswer(500, "Internal server error");
      })
      .then((answer) => exchange.respond(answer));
  }

  async #answer(request: EngineRequest): Promise<HttpResponse> {
    if (request.method !== "GET" && request.method !== "HEAD")
      return plainAnswer(405, "Only GET and HEAD are answered here", { allow: "GET, HEAD" });
    // Links in the pages are relative, so they need the slash. The target is relative too: a proxy in front
    // may have removed a part of the path.
    if (request.path === this.path) {
      const query = request.url.slice(request.path.length);
      const location = `${this.path.slice(this.path.lastIndexOf("/") + 1)}/${query}`;
      return plainAnswer(301, "", { location });
    }
    const file = await this.#find(request.path.slice(this.path.length + 1));
    return file?.respond(request) ?? plainAnswer(404, "Not found");
  }
}

/** An answer in plain text. */
export function plainAnswer(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): HttpResponse {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...answerFields, ...headers },
    body,
  };
}

/** A request, as kept while its connection lives: no more than callers can ask for. */

import type { EngineRequest } from "../engine/ports.ts";

/** A request of any runtime. */
export class HttpRequest implements EngineRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: EngineRequest["headers"];
  readonly address: string;
  readonly secure: boolean;

  /**
   * Takes no object: that would be an allocation for each request.
   *
   * @param url - path and query as sent
   */
  constructor(
    method: string,
    url: string,
    headers: EngineRequest["headers"],
    address: string,
    secure: boolean,
  ) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.address = address;
    this.secure = secure;
  }

  get path(): string {
    return pathIn(this.url);
  }

  get query(): URLSearchParams {
    return parametersIn(this.url);
  }
}

/** The path of a URL, as sent. */
export function pathIn(url: string): string {
  const mark = url.indexOf("?");
  return mark === -1 ? url : url.slice(0, mark);
}

/** The parameters of a URL; each call gives an object of its own. */
export function parametersIn(url: string): URLSearchParams {
  const mark = url.indexOf("?");
  return new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1));
}

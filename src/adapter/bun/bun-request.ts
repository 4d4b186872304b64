/**
 * A request to Bun's server. Its address and its header fields as an object cost Bun a microsecond each, and
 * polls need neither: both are asked for when they are read.
 */

import type { EngineRequest } from "../../engine/ports.ts";
import { parametersIn, pathIn } from "../http-request.ts";
import type { BunServer } from "./bun-runtime.ts";

/** A request, as kept while its connection lives. */
export class BunRequest implements EngineRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: EngineRequest["headers"];
  readonly secure: boolean;
  #address = "";
  /** Where the address is still to be read. */
  #source: { readonly raw: Request; readonly server: BunServer } | null;

  /**
   * @param raw - the request as Bun gives it
   * @param url - path and query as sent
   * @param server - the server that got it
   */
  constructor(raw: Request, url: string, server: BunServer) {
    this.method = raw.method;
    this.url = url;
    this.headers = headersByName(raw.headers);
    this.secure = raw.url.startsWith("https:");
    this.#source = { raw, server };
  }

  /** Bun knows it only until the request is answered: to be read before, or it stays empty. */
  get address(): string {
    if (this.#source !== null) {
      const { raw, server } = this.#source;
      this.#address = server.requestIP(raw)?.address ?? "";
      this.#source = null;
    }
    return this.#address;
  }

  get path(): string {
    return pathIn(this.url);
  }

  get query(): URLSearchParams {
    return parametersIn(this.url);
  }
}

/** Header fields as an object by lower-case name, which reads them where Bun keeps them. */
function headersByName(headers: Headers): EngineRequest["headers"] {
  return new Proxy(headers, fields) as unknown as EngineRequest["headers"];
}

const fields: ProxyHandler<Headers> = {
  get: (headers, name) => field(headers, name),
  has: (headers, name) => field(headers, name) !== undefined,
  ownKeys: (headers) => [...headers.keys()],
  getOwnPropertyDescriptor(headers, name) {
    const value = field(headers, name);
    return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: false };
  },
  getPrototypeOf: () => null,
  set: () => false,
  defineProperty: () => false,
  deleteProperty: () => false,
};

/** Names are in lower case, as everywhere; for others there is nothing, though `Headers` would find them. */
function field(headers: Headers, name: string | symbol): string | undefined {
  if (typeof name === "symbol" || !lowerCaseToken.test(name)) return undefined;
  return headers.get(name) ?? undefined;
}

/** A field's name in lower case (RFC 9110 §5.6.2). */
const lowerCaseToken = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

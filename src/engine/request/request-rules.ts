/** The rules that every request keeps, whichever connection it is for. */

import type { EngineOptions, TransportName } from "../engine-options.ts";
import type { Admission } from "./admission.ts";
import type { Arrival } from "./arrival.ts";
import type { HostPolicy } from "./host-policy.ts";
import type { HttpErrorName } from "./http-error.ts";
import type { OriginPolicy } from "./origin-policy.ts";
import type { Refusals } from "./refusals.ts";

/** The options that the rules read. */
export type RequestRuleOptions = Pick<
  EngineOptions,
  "allowEIO3" | "anyWebSocketOrigin" | "maxCookieLength" | "maxQueryLength" | "transports"
>;

/** What the rules work with. */
export interface RequestRuleParts {
  /** `null` where any host is allowed. */
  readonly hosts: HostPolicy | null;
  readonly origins: OriginPolicy;
  readonly admission: Admission;
  readonly refusals: Refusals;
}

/** The rules of one server. */
export class RequestRules {
  readonly #options: RequestRuleOptions;
  readonly #parts: RequestRuleParts;

  constructor(options: RequestRuleOptions, parts: RequestRuleParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * The rule that a request breaks, by the refusal for it; `undefined` where it keeps all.
   *
   * @param arrival - the request
   * @param transport - the transport that requests of this kind are for
   * @param exchange - what the request came by
   */
  broken(
    arrival: Arrival,
    transport: TransportName,
    exchange: { readonly listensOnLoopback: boolean },
  ): HttpErrorName | undefined {
    const { request, query } = arrival;
    const { maxQueryLength, maxCookieLength, transports } = this.#options;
    if (request.url.length - request.path.length - 1 > maxQueryLength) return "queryTooLong";
    if ((request.headers.cookie?.length ?? 0) > maxCookieLength) return "cookieTooLong";
    // A peer checks what it relays; it alone knows by which way the client came.
    const forbidden = arrival.isRelayed ? undefined : this.#forbidden(arrival, transport, exchange);
    if (forbidden !== undefined) return forbidden;
    if (query.transport !== transport || !transports.includes(transport)) return "unknownTransport";
    if (!this.#speaks(query.version)) return "unsupportedVersion";
    if (query.isJsonp) return "jsonpUnsupported";
    return query.id === null && this.#parts.admission.isClosed ? "shuttingDown" : undefined;
  }

  #forbidden(
    { request }: Arrival,
    transport: TransportName,
    exchange: { readonly listensOnLoopback: boolean },
  ): HttpErrorName | undefined {
    const { hosts, origins, refusals } = this.#parts;
    if (hosts?.allows(request, exchange) === false) {
      refusals.warnOfHost(request, hosts.hasList);
      return "hostForbidden";
    }
    if (this.#options.anyWebSocketOrigin && transport === "websocket") return undefined;
    if (origins.allows(request)) return undefined;
    refusals.warnOfOrigin(request);
    return "originForbidden";
  }

  #speaks(version: string | null): boolean {
    if (version === "4" || (version === "3" && this.#options.allowEIO3)) return true;
    if (version === "3") this.#parts.refusals.warnOfVersion();
    return false;
  }
}

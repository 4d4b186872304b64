/** What happens at a refusal: its answer, its count, its trace event, and what the operator's log says. */

import type { LogRecord } from "../../base/log/log-record.ts";
import { quoted } from "../../base/printable.ts";
import type { Trace } from "../../base/trace.ts";
import type { Counters } from "../counters.ts";
import type { EngineRequest, HttpResponse } from "../ports.ts";
import { type HttpError, type HttpErrorName, httpErrorResponse, httpErrors } from "./http-error.ts";

/** The most hosts and origins that the log names. Strangers must not be able to fill it. */
const mostWarnings = 100;

/** What refusals work with. */
export interface RefusalParts {
  readonly counters: Counters;
  readonly trace: Trace;
  /** The header fields that every answer to this request carries. */
  readonly headers: (request: EngineRequest) => Record<string, string>;
  /** Tells the operator something that deserves attention. */
  readonly warn: (message: string, record: LogRecord) => void;
  /** A request was refused. */
  readonly onRefused?: ((request: EngineRequest, error: HttpError) => void) | undefined;
}

/** The refusals of one server. */
export class Refusals {
  readonly #parts: RefusalParts;
  /** The hosts and origins that the log has named. */
  readonly #warnedOf = new Set<string>();
  #warnedOfVersion = false;

  constructor(parts: RefusalParts) {
    this.#parts = parts;
  }

  /**
   * Counts a refusal, publishes it, and gives its answer.
   *
   * @param own - the application's own answer, which takes the place of the usual one
   */
  answer(request: EngineRequest, name: HttpErrorName, own?: HttpResponse): HttpResponse {
    const { counters, trace, headers, onRefused } = this.#parts;
    const { method, path, address } = request;
    const error = own === undefined ? httpErrors[name] : { ...httpErrors[name], status: own.status };
    const { status, message } = error;
    counters.refused[name] += 1;
    if (trace.active) trace.publish({ type: "request refused", status, message, method, path, address });
    onRefused?.(request, error);
    if (own !== undefined) return { ...own, headers: { ...own.headers, ...headers(request) } };
    return httpErrorResponse(error, headers(request));
  }

  /** Says, once, that clients of Socket.IO 2 are refused. */
  warnOfVersion(): void {
    if (this.#warnedOfVersion) return;
    this.#warnedOfVersion = true;
    this.#parts.warn(
      "Refused a client of Socket.IO 2 (Engine.IO 3). To let such clients connect: new SocketIO(app, { allowEIO3: true }).",
      { type: "old client refused" },
    );
  }

  /**
   * Says that requests to a host are refused.
   *
   * @param request - a request that names the host
   * @param hasList - whether the application has listed the hosts that it allows
   */
  warnOfHost(request: EngineRequest, hasList: boolean): void {
    const host = quoted(hostOf(request));
    const name = quoted(hostOf(request).replace(/:\d+$/, ""));
    this.#warnOnce(
      `host ${host}`,
      hasList
        ? `Refused a request to the host ${host}, which the option allowedHosts does not name. To let clients ask for it: new SocketIO(app, { allowedHosts: [${name}, …] }).`
        : `Refused a request to the host ${host}: this server listens on this machine alone, where pages of strangers could pretend to be its own under a name of theirs (DNS rebinding). ` +
            `To let clients ask for it: new SocketIO(app, { allowedHosts: [${name}] }); behind a proxy on this machine: new SocketIO(app, { trustedProxies: ["127.0.0.1"] }).`,
      { type: "host refused", host: hostOf(request) },
    );
  }

  /** Says that pages of an origin are refused. */
  warnOfOrigin(request: EngineRequest): void {
    const { origin: given } = request.headers;
    if (given === undefined) {
      this.#warnOnce(
        "no origin",
        "Refused a request that a browser made for another site's page without an Origin, as for an image or a link. Clients make none like that.",
        { type: "origin refused" },
      );
      return;
    }
    const origin = String(given).slice(0, 200);
    this.#warnOnce(
      `origin ${origin}`,
      `Refused a page of ${quoted(origin)}, which is not this server's own origin (${quoted(hostOf(request))}). ` +
        `To let its pages connect: new SocketIO(app, { cors: { origin: ${quoted(origin)} } }).`,
      { type: "origin refused", origin, host: hostOf(request) },
    );
  }

  /** One line for each host and origin is enough. */
  #warnOnce(about: string, message: string, record: LogRecord): void {
    if (this.#warnedOf.has(about) || this.#warnedOf.size >= mostWarnings) return;
    this.#warnedOf.add(about);
    this.#parts.warn(message, record);
  }
}

/** The host that a request names, for a line of the log. */
function hostOf(request: EngineRequest): string {
  return String(request.host ?? request.headers.host ?? "").slice(0, 200);
}

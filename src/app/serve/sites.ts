/**
 * What a server answers beside the requests of its clients: paths of its own, such as a dashboard's. A site
 * gets requests as they come from the first proxy that is trusted, and none for a host that is not allowed.
 */

import { RoomcastError } from "../../base/errors.ts";
import { quoted } from "../../base/printable.ts";
import { runOutsideContext } from "../../context/handler-context.ts";
import type { Engine } from "../../engine/engine.ts";
import type { EngineRequest, HttpExchange, RequestSink, UpgradeExchange } from "../../engine/ports.ts";
import { answerFields, httpErrorResponse, httpErrors } from "../../engine/request/http-error.ts";

/** Answers the requests of some paths. */
export interface Site {
  /** Where it lies, without a slash at the end. */
  readonly path: string;
  /** Whether requests for a path, without its query, are for the site. */
  owns(path: string): boolean;
  /** Answers a request. */
  serve(request: EngineRequest, exchange: HttpExchange): void;
  /** The server stops: ends what waits. */
  close?(): void;
}

/** Takes all requests that are Roomcast's, and hands those of sites to them. */
export class Sites implements RequestSink {
  readonly #engine: Engine;
  #sites: readonly Site[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Checks that no other site gets the requests for a path.
   *
   * @param path - where a new site shall lie, with or without a slash at the end
   * @param what - the option that says so
   * @throws {@link RoomcastError} `ERR_OPTION`
   */
  requireFree(path: string, what: string): void {
    const wanted = withSlash(path);
    const clients = withSlash(this.#engine.path);
    if (clients.startsWith(wanted)) {
      throw new RoomcastError(
        "ERR_OPTION",
        `The ${what} must not be the path of the clients, ${quoted(this.#engine.path)}, nor above it.`,
      );
    }
    const other = this.#sites.find((site) => {
      const taken = withSlash(site.path);
      return taken.startsWith(wanted) || wanted.startsWith(taken);
    });
    if (other !== undefined) {
      throw new RoomcastError(
        "ERR_OPTION",
        `The ${what} must not be ${quoted(path)}: what dashboard() or instrument() serves at ${quoted(other.path)} would hide one or the other.`,
      );
    }
  }

  /** Lets a site answer from now on. */
  add(site: Site): void {
    this.#sites = [...this.#sites, site];
  }

  /** Ends what waits in sites, so that the server can close. */
  close(): void {
    for (const site of this.#sites) site.close?.();
  }

  owns(url: string): boolean {
    return this.#engine.owns(url) || this.#siteOf(url) !== undefined;
  }

  holds(url: string): boolean {
    return this.#engine.holds(url);
  }

  handleRequest(exchange: HttpExchange): void {
    const site = this.#siteOf(exchange.request.url);
    // A handler may have made the server, and what reaches it later does not belong to the handler.
    runOutsideContext(() => {
      if (site === undefined) this.#engine.handleRequest(exchange);
      else this.#serve(site, exchange);
    });
  }

  handleUpgrade(exchange: UpgradeExchange): void {
    if (this.#siteOf(exchange.request.url) === undefined) {
      runOutsideContext(() => this.#engine.handleUpgrade(exchange));
      return;
    }
    const headers = { "content-type": "text/plain; charset=utf-8", ...answerFields };
    exchange.refuse({ status: 400, headers, body: "Nothing to upgrade to here" });
  }

  #serve(site: Site, exchange: HttpExchange): void {
    const request = this.#engine.see(exchange.request);
    if (this.#engine.allowsHost(request, exchange)) site.serve(request, exchange);
    else exchange.respond(httpErrorResponse(httpErrors.hostForbidden));
  }

  #siteOf(url: string): Site | undefined {
    if (this.#sites.length === 0 || this.#engine.owns(url)) return undefined;
    const mark = url.indexOf("?");
    const path = mark === -1 ? url : url.slice(0, mark);
    return this.#sites.find((site) => site.owns(path));
  }
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

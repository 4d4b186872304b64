/** A request that has come in, before it belongs to a connection. */

import type { EngineRequest, HttpResponse } from "../ports.ts";
import type { EngineQuery } from "./engine-query.ts";
import type { HttpErrorName } from "./http-error.ts";

/**
 * Answers a request with one of the refusals.
 *
 * @param cause - the error of the server, if that is the reason
 * @param own - the application's own answer
 */
export type Refuse = (error: HttpErrorName, cause?: unknown, own?: HttpResponse) => void;

/** One request while it is decided about. */
export interface Arrival {
  /** The request as its client sent it, which trusted proxies tell of. */
  readonly request: EngineRequest;
  readonly query: EngineQuery;
  /** Whether another process has checked it and sent it here, where its connection is. */
  readonly isRelayed: boolean;
  readonly refuse: Refuse;
}

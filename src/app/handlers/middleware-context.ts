/** Middleware, and the event that it gets. */

import type { MiddlewareFunction as MiddlewareOf } from "../../core/namespace/middleware.ts";

/** The event that middleware sees. The ambient functions, `request` and `session` work as in a handler. */
export interface MiddlewareContext {
  /** The event's name; `"connect"` when a client asks to join the namespace. */
  readonly event: string;
  /**
   * The arguments that the handler gets, and middleware may change; for `"connect"` the client's auth data.
   */
  readonly args: unknown[];
  /** The namespace. */
  readonly namespace: string;
  /** The client's public id. */
  readonly sid: string;
  /** The session, as in a handler. */
  readonly session: Record<string, unknown>;
}

/**
 * A function around handlers. It returns the result, so most return the value of `next()`.
 *
 * @typeParam Context - the event that it gets
 */
export type Middleware<Context = MiddlewareContext> = MiddlewareOf<Context>;

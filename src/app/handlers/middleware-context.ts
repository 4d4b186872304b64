/** Functions around handlers, and what they are told of the event. */

import type { MiddlewareFunction as MiddlewareOf } from "../../core/namespace/middleware.ts";

/** The event that is about to be handled. The ambient functions, `request` and `session` work as in a handler. */
export interface MiddlewareContext {
  /** The event's name; `"connect"` when a client asks to join the namespace. */
  readonly event: string;
  /** The event's arguments, which the handler gets; for `"connect"` what the client sent along. May be changed. */
  readonly args: unknown[];
  /** The namespace. */
  readonly namespace: string;
  /** The client's public id. */
  readonly sid: string;
  /** The session, as in a handler. */
  readonly session: Record<string, unknown>;
}

/**
 * A function around handlers. What it returns is the result, so most return what `next()` resolves to.
 *
 * @typeParam Context - what it is told of the event
 */
export type Middleware<Context = MiddlewareContext> = MiddlewareOf<Context>;

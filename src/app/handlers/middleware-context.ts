/** Middleware, and the event that it gets. */

import type {
  AuthData,
  ClientToServerEvents,
  EventArguments,
  Register,
  SessionData,
} from "../../contract/events.ts";
import type { MiddlewareFunction as MiddlewareOf } from "../../core/namespace/middleware.ts";

/**
 * One event that middleware sees.
 *
 * @typeParam Name - the event's name
 * @typeParam Values - its arguments
 * @typeParam Session - the session's data
 */
export interface MiddlewareEvent<Name extends string, Values extends readonly unknown[], Session> {
  /** The event's name; `"connect"` when a client asks to join the namespace. */
  readonly event: Name;
  /**
   * The arguments that the handler gets, and middleware may change; for `"connect"` the client's auth data.
   */
  readonly args: Values;
  /** The namespace. */
  readonly namespace: string;
  /** The client's public id. */
  readonly sid: string;
  /** The session, as in a handler. */
  readonly session: Session;
}

type NamedEvents<C> = {
  [Name in keyof ClientToServerEvents<C> & string]: MiddlewareEvent<
    Name,
    EventArguments<ClientToServerEvents<C>[Name]>,
    SessionData<C>
  >;
};

/**
 * The event that middleware sees. The ambient functions, `request` and `session` work as in a handler. With a
 * contract, `context.event` tells which arguments there are.
 *
 * @typeParam C - the contract, by default the one in `Register`
 */
export type MiddlewareContext<C = Register> = string extends keyof ClientToServerEvents<C>
  ? MiddlewareEvent<string, unknown[], SessionData<C>>
  : NamedEvents<C>[keyof NamedEvents<C>] | MiddlewareEvent<"connect", [auth?: AuthData<C>], SessionData<C>>;

/**
 * A function around handlers. It returns the result, so most return the value of `next()`.
 *
 * @typeParam Context - the event that it gets
 */
export type Middleware<Context = MiddlewareContext> = MiddlewareOf<Context>;

/** Middleware as the server keeps it, whatever the contract. */
export type AnyMiddleware = MiddlewareOf<MiddlewareEvent<string, unknown[], Record<string, unknown>>>;

/** What core asks of the layers above it. */

/** The session as one handler sees it, from its start to its end. */
export interface SessionScope {
  /** The session's data, which the handler may change. */
  readonly data: Record<string, unknown>;
  /** The handler is done: what it changed is to be kept. Rejects when it cannot be, and never throws. */
  end(): void | Promise<void>;
}

/** The session of one client, shared by all namespaces that it joins. */
export interface ClientSession {
  /** Opens the session for a handler. */
  begin(): SessionScope | Promise<SessionScope>;
}

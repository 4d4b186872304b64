/** The words of a socket's users: its states, its options and its own events. */

import type { ClientError } from "./client-error.ts";
import type { SenderOptions } from "./event-sender.ts";

/**
 * Whether a socket is connected:
 *
 * - `"connecting"`: for the first time;
 * - `"connected"`;
 * - `"resuming"`: it was connected and comes back, which takes a moment and is nothing to worry users with;
 * - `"offline"`: for more than ten seconds, in a visible page; it still tries to come back;
 * - `"closed"`: by its program or by the server, or refused. It does not come back by itself.
 */
export type ClientState = "connecting" | "connected" | "resuming" | "offline" | "closed";

/** What a client sends when it joins: a value, or a function that is called for each attempt. */
export type ClientAuth<Auth = unknown> = Auth | (() => Auth | undefined | PromiseLike<Auth | undefined>);

/** The options of a socket in one namespace. */
export interface ClientNamespaceOptions<Auth = unknown> extends SenderOptions {
  /** What the server's `connect` handler gets: a value, or a function that is called for each attempt. */
  readonly auth?: ClientAuth<Auth> | undefined;
  /** The event that carries new `auth` to the server when it sends `auth_expiring`. Default: none. */
  readonly renew?: string | undefined;
  /** Whether to connect at once. Default `true`. */
  readonly autoConnect?: boolean | undefined;
}

/** Events of the socket itself, and what Roomcast's server tells it. */
export interface LocalEvents {
  /** It is connected; `recovered` says whether anything is missing. */
  connect(): void;
  /** It is no longer connected. */
  disconnect(reason: string, error: ClientError): void;
  /** It was refused, or the server is not reached. */
  connect_error(error: ClientError): void;
  /** Its authentication ends soon: at `expiresAt`, in ms since 1970. The option `renew` answers it. */
  auth_expiring(notice: { readonly expiresAt: number }): void;
}

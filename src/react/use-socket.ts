/** A component's socket. */

import { useEffect, useSyncExternalStore } from "react";
import type { ClientError } from "../browser/client-error.ts";
import type { ClientState } from "../browser/client-options.ts";
import type { ClientSocket } from "../browser/client-socket.ts";
import type { ConnectOptions } from "../browser/connect.ts";
import type { DefinedContract } from "../contract/contract.ts";
import type { Contract, SentAuth } from "../contract/events.ts";
import { sharedSocket } from "./shared-socket.ts";

/** A socket with its state of this rendering. */
export interface UsedSocket<C = Contract> {
  readonly socket: ClientSocket<C>;
  readonly state: ClientState;
  /** Why it is not connected; `undefined` while it is. */
  readonly error: ClientError | undefined;
}

/**
 * A socket that is connected while at least one component uses it. Components share the socket of an address,
 * or of the option `name`.
 *
 * @param contract - the events, where server and client share a contract
 * @param url - the server, with the namespace as its path; by default the server of the page
 * @param options - those of `connect()`, of the first component; `auth` is that of the latest rendering
 */
export function useSocket<C extends DefinedContract>(
  contract: C,
  url?: string | URL,
  options?: ConnectOptions<SentAuth<C>>,
): UsedSocket<C>;
export function useSocket<C extends DefinedContract>(
  contract: C,
  options?: ConnectOptions<SentAuth<C>>,
): UsedSocket<C>;
export function useSocket<C = Contract>(url?: string | URL, options?: ConnectOptions): UsedSocket<C>;
export function useSocket<C = Contract>(options?: ConnectOptions): UsedSocket<C>;
export function useSocket(...given: readonly unknown[]): UsedSocket {
  const shared = sharedSocket(given);
  const { socket } = shared;
  useEffect(() => {
    const options = given.at(-1) as ConnectOptions | undefined;
    if (options?.auth) shared.options = options;
  });
  useEffect(() => socket.retain(), [socket]);
  const state = useSyncExternalStore(shared.subscribe, shared.state, () => "connecting" as const);
  const error = useSyncExternalStore(shared.subscribe, shared.error, () => undefined);
  return { socket, state, error };
}

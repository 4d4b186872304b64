/** What an adapter makes of an application, so that Roomcast can serve beside it. */

import type { RequestListener } from "node:http";
import type { BunFetch, BunWebSocketHandlers } from "../bun/bun-runtime.ts";
import type { HttpServer } from "../node/node-adapter.ts";
import type { FrameworkFunction, RequestChain } from "./request-chain.ts";

/** An application as Roomcast sees it. */
export interface Application {
  /** The framework's name, for messages. */
  readonly name: string;
  /** The server that the application has already, if it has one. */
  readonly server: HttpServer | null;
  /**
   * Makes a server that answers the requests which are not Roomcast's.
   *
   * @param make - makes the server out of the function that answers them
   * @throws {@link RoomcastError} `ERR_MISSING_PACKAGE`
   */
  makeServer(make: MakeServer): Promise<HttpServer>;
  /** The function that answers requests under Bun, where it has one. */
  readonly fetch?: BunFetch | undefined;
  /** What handles its own WebSockets under Bun, where it has some. */
  readonly websocket?: Partial<BunWebSocketHandlers> | undefined;
  /** Starts listening in the application's own way, where it has one. Returns how to stop. */
  listen?: ((host: string, port: number) => Promise<() => Promise<void>>) | undefined;
  /**
   * Has a function run when the application closes itself, before it waits for its connections, where it
   * tells of that.
   */
  beforeClose?: ((run: () => Promise<void>) => void) | undefined;
  /**
   * Has requests of clients pass functions of the application: absent for a server, which has none.
   *
   * @param functions - in the form of the framework; `null` for all that the application's requests pass
   * @param path - the path of those requests, without a slash at the end
   * @throws {@link RoomcastError} `ERR_STATE` where it is too late for that
   */
  chain?: ((functions: readonly FrameworkFunction[] | null, path: string) => RequestChain) | undefined;
  /** Whether the chain takes requests of Bun's own server as well. */
  readonly chainsOnBun?: boolean;
}

/** Makes a server. */
export type MakeServer = (listener: RequestListener) => HttpServer;

/** Whether a value has a function of this name. */
export function hasMethod<Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, (...values: unknown[]) => unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof (value as Record<string, unknown>)[name] === "function";
}

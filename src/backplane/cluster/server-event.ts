/** An event from one process to the others, and their answers. It reaches no client. */

import type { Clock } from "../../base/time/clock.ts";

/** A process's answer to an event: the values that its handler returned, or why there are none. */
export type ServerReply =
  | { readonly values: readonly unknown[] }
  | { readonly failure: "no handler" | "handler failed" | "timeout" };

/** What this process does with the events of others. */
export interface LocalServer {
  /** Handles an event. Whatever the handler does, the promise does not reject. */
  handle(event: string, values: readonly unknown[]): Promise<ServerReply>;
  /** Others can be reached, for the first time or again; or one more of them can. */
  onServerJoined(): void;
  /** A process is gone. */
  onServerLeft(node: string): void;
}

/** Learns the answers of all processes. */
export interface ServerReplyListener {
  /** @param label - the name of the process for people */
  onReply(label: string, reply: ServerReply): void;
  /**
   * All have answered or are given up. Called once, and last.
   *
   * @param missing - the names, for people, of the processes that are given up
   */
  onEnd(missing: readonly string[]): void;
}

/** The other processes, for events between servers. */
export interface OtherServers {
  /** This process. */
  readonly node: string;
  /** Whether this process serves clients. */
  readonly isServer: boolean;
  /** Whether messages of others come. */
  readonly isReachable: boolean;
  /** The others that serve clients. */
  nodes(): readonly string[];
  /**
   * Tells them of an event.
   *
   * @throws {@link RoomcastError} `ERR_PAYLOAD`
   */
  tellServers(event: string, values: readonly unknown[]): void;
  /**
   * Tells the processes that serve clients of an event, and waits for their answers.
   *
   * @param timeout - how long their handlers may take, in ms
   * @throws {@link RoomcastError} `ERR_PAYLOAD`
   */
  askServers(event: string, values: readonly unknown[], timeout: number, listener: ServerReplyListener): void;
}

/** An event as its handlers get it. */
export interface ServerEvent {
  readonly event: string;
  readonly values: readonly unknown[];
}

/**
 * Handles an event. Gives up a handler that takes too long.
 *
 * @param timeout - how long the handler may take, in ms
 */
export function handleWithin(
  server: LocalServer,
  { event, values }: ServerEvent,
  timeout: number,
  clock: Clock,
): Promise<ServerReply> {
  return new Promise((resolve) => {
    const timer = clock.after(timeout, () => resolve({ failure: "timeout" }), true);
    void server.handle(event, values).then((reply) => {
      timer.cancel();
      resolve(reply);
    });
  });
}

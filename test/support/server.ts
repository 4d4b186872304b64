/** A real server on a free loopback port, for the duration of one test. */

import { type RunOptions, SocketIO, type SocketIOOptions, type TraceEvent } from "roomcast";
import { onTestFinished, vi } from "vitest";
import { LogLines } from "./log-lines.ts";

/** A listening server. */
export interface TestServer {
  readonly socketio: SocketIO;
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly log: LogLines;
  /** The trace events of the server. */
  readonly trace: TraceEvent[];
}

/**
 * Starts a server; it is stopped when the test ends.
 *
 * @param options - the options of `new SocketIO()`
 */
export async function startServer(options: SocketIOOptions = {}, run: RunOptions = {}): Promise<TestServer> {
  const log = new LogLines();
  const trace: TraceEvent[] = [];
  const socketio = new SocketIO({ logger: log, ...options });
  socketio.trace((event) => trace.push(event));
  const { port, url } = await socketio.run({ port: 0, ...run });
  const server = { socketio, port, url, log, trace };
  onTestFinished(async () => {
    await farewell(server);
    await socketio.stop();
  });
  return server;
}

/** Waits a moment until disconnected clients are gone. Gives up on clients that stay connected. */
export async function farewell({ socketio }: TestServer): Promise<void> {
  await vi.waitUntil(() => socketio.clientCount === 0, { timeout: 200, interval: 2 }).catch(() => {});
}

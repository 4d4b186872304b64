/** A real server on a free loopback port, for as long as one test runs. */

import { type Logger, type RunOptions, SocketIO, type SocketIOOptions, type TraceEvent } from "roomcast";
import { onTestFinished, vi } from "vitest";

/** Keeps what a server logs instead of printing it. */
export class LogLines implements Logger {
  /** Each line with its level in front; the text of an error stands behind its line. */
  readonly lines: string[] = [];

  info(message: string): void {
    this.lines.push(`info ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn ${message}`);
  }

  error(message: string, error?: unknown): void {
    this.lines.push(`error ${message}${error === undefined ? "" : `: ${String(error)}`}`);
  }
}

/** A server that listens. */
export interface TestServer {
  readonly socketio: SocketIO;
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly log: LogLines;
  /** What the server has told of itself. */
  readonly trace: TraceEvent[];
}

/**
 * Starts a server; it is stopped when the test is over.
 *
 * @param options - those of `new SocketIO()`
 * @param run - those of `run()`; by default the port is a free one
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

/** Lets clients go that said goodbye a moment ago. A test may also leave some behind: they are not waited for. */
export async function farewell({ socketio }: TestServer): Promise<void> {
  await vi.waitUntil(() => socketio.clientCount === 0, { timeout: 200, interval: 2 }).catch(() => {});
}

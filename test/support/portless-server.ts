/** A server without a port, for the duration of one test. */

import {
  type Contract,
  type ContractOption,
  type Logger,
  type LogRecord,
  type Register,
  SocketIO,
  type SocketIOOptions,
  type TestClient,
} from "roomcast";
import { expect, onTestFinished } from "vitest";

/** A line of a log. */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly error?: unknown;
}

/** Keeps what a server logs. */
export class LogBook implements Logger {
  readonly entries: LogEntry[] = [];

  info(message: string): void {
    this.entries.push({ level: "info", message });
  }

  warn(message: string): void {
    this.entries.push({ level: "warn", message });
  }

  error(message: string, { err }: LogRecord): void {
    this.entries.push({ level: "error", message, error: err });
  }

  /** The errors that were logged. */
  get errors(): unknown[] {
    return this.entries.filter(({ level }) => level === "error").map(({ error }) => error);
  }
}

/**
 * How long a server without running handlers may take to stop, in ms. A stop that waits for one takes
 * seconds.
 */
const restTimeout = 4000;

/**
 * Makes a server for one test. When the test ends, the server is stopped, and must stop at once: its count of
 * running handlers is balanced, whatever the handlers did.
 *
 * @param options - the options of `new SocketIO()`
 */
export function portlessServer<C extends Contract = Register>(
  options: SocketIOOptions & ContractOption<C> = {},
) {
  const log = new LogBook();
  const socketio = new SocketIO<C>({ logger: log, ...options });
  onTestFinished(async () => {
    const began = performance.now();
    await socketio.stop();
    expect(performance.now() - began, "ms until the server has stopped").toBeLessThan(restTimeout);
  });
  return { socketio, log };
}

/** A client of a portless server that has joined a namespace. */
export async function joinedClient<C extends Contract>(
  socketio: SocketIO<C>,
  namespace = "/",
  auth?: object,
): Promise<TestClient> {
  const client = socketio.testClient();
  await client.connect(namespace, auth);
  return client;
}

/** A client like {@link joinedClient} that learns no more about failures than one in production. */
export async function plainClient<C extends Contract>(
  socketio: SocketIO<C>,
  namespace = "/",
  auth?: object,
): Promise<TestClient> {
  const client = socketio.testClient({ propagateErrors: false });
  await client.connect(namespace, auth);
  return client;
}

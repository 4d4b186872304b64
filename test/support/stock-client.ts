/** The clients of Socket.IO's users: two versions, each with every transport setting. */

import { createRequire } from "node:module";
import { io as io4, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { onTestFinished } from "vitest";
import { soon, within } from "./waiting.ts";

export type { Socket } from "socket.io-client";

/** The options of a stock client. */
export type StockOptions = Partial<ManagerOptions & SocketOptions>;

// An ESM program finds no types for the old package; the parts used are the same in the new one.
const { io: io3 } = createRequire(import.meta.url)("socket.io-client-3") as { io: typeof io4 };

/** How a client carries packets. */
export type TransportSetting = "polling" | "websocket" | "upgrade";

const transportOptions: Record<TransportSetting, StockOptions> = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: { transports: ["polling", "websocket"] },
};

/** One client version with one transport setting. */
export class StockClient {
  /** The name in test titles. */
  readonly name: string;
  readonly version: "4.8" | "3.0";
  readonly transport: TransportSetting;
  readonly #io: typeof io4;

  constructor(version: "4.8" | "3.0", transport: TransportSetting) {
    this.version = version;
    this.transport = transport;
    this.name = `socket.io-client ${version}, ${transport === "upgrade" ? "polling, then websocket" : transport}`;
    this.#io = version === "4.8" ? io4 : io3;
  }

  /** Shown for `%s` in test titles. */
  toString(): string {
    return this.name;
  }

  /**
   * Starts to connect, over its own connection; it is disconnected when the test ends.
   *
   * @param url - the server, with the namespace as its path
   */
  open(url: string, options: StockOptions = {}): Socket {
    const socket = this.#io(url, {
      ...transportOptions[this.transport],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    onTestFinished(() => {
      socket.disconnect();
      // A manager that waits for its next attempt, or for a silent server, would go on otherwise.
      socket.io.reconnection(false);
      socket.io.engine?.close();
    });
    return socket;
  }

  /** Connects; resolves when the client is accepted and on its final transport. */
  async connect(url: string, options: StockOptions = {}): Promise<Socket> {
    const socket = this.open(url, options);
    await connected(socket);
    if (this.transport === "upgrade") await upgraded(socket);
    return socket;
  }
}

/** Every client version with every transport setting. */
export const stockClients: readonly StockClient[] = (["4.8", "3.0"] as const).flatMap((version) =>
  (["polling", "websocket", "upgrade"] as const).map((transport) => new StockClient(version, transport)),
);

/** All client versions with one transport setting. */
export function stockClientsOver(transport: TransportSetting): readonly StockClient[] {
  return stockClients.filter((client) => client.transport === transport);
}

/** The public id of a connected client. */
export function sidOf({ id }: Socket): string {
  if (id === undefined) throw new Error("The client is not connected.");
  return id;
}

/** Resolves when the client is accepted; rejects when it is refused. */
export function connected(socket: Socket): Promise<void> {
  return within(
    "the acceptance",
    new Promise((resolve, reject) => {
      if (socket.connected) resolve();
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    }),
  );
}

/** Resolves to the error of a refusal, whether by the namespace or by the connection. */
export function refused(socket: Socket): Promise<Error & { data?: unknown }> {
  return within(
    "the refusal",
    new Promise((resolve) => {
      socket.once("connect_error", resolve);
      // The older client reports a refused connection only here.
      socket.io.once("error", resolve);
    }),
  );
}

/**
 * Connects a finally disconnected client again. The older client must first close its last connection: it
 * would take the end of that one for the end of the new one.
 */
export async function reconnect(socket: Socket): Promise<void> {
  await soon(() => socket.io.engine.readyState).toBe("closed");
  socket.connect();
  await connected(socket);
}

/** Resolves when the client has upgraded from polling to WebSocket. */
export async function upgraded(socket: Socket): Promise<void> {
  const { engine } = socket.io;
  if (engine.transport.name === "websocket") return;
  await within(
    "the upgrade",
    new Promise<void>((resolve) => {
      engine.once("upgrade", () => resolve());
    }),
  );
}

/** Sends an event and resolves to the values of its acknowledgement. */
// biome-ignore lint/suspicious/noExplicitAny: the values of any acknowledgement
export function ask(socket: Socket, event: string, ...values: unknown[]): Promise<any[]> {
  return within(
    `the acknowledgement of "${event}"`,
    new Promise((resolve) => {
      // biome-ignore lint/suspicious/noExplicitAny: the values of any acknowledgement
      socket.emit(event, ...values, (...answer: any[]) => resolve(answer));
    }),
  );
}

/** Records everything that the client receives from now on: each event with its values. */
export function record(socket: Socket): unknown[][] {
  const events: unknown[][] = [];
  socket.onAny((...values: unknown[]) => {
    events.push(values);
  });
  return events;
}

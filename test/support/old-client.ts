/** The client of Socket.IO 2, whose interface differs a little from the newer ones. */

import { createRequire } from "node:module";
import { onTestFinished } from "vitest";
import { within } from "./waiting.ts";

/** The parts of a Socket.IO 2 socket that the tests use. An ESM program finds no types for it. */
export interface OldSocket {
  readonly id: string | undefined;
  readonly connected: boolean;
  readonly io: {
    reconnection(on: boolean): void;
    readonly engine: {
      readonly readyState: string;
      readonly id: string;
      readonly transport: { readonly name: string };
      close(): void;
      once(event: string, listener: (...values: unknown[]) => void): void;
      on(event: string, listener: (...values: unknown[]) => void): void;
    };
  };
  on(event: string, listener: (...values: never[]) => unknown): void;
  once(event: string, listener: (...values: never[]) => unknown): void;
  emit(event: string, ...values: unknown[]): void;
  connect(): void;
  disconnect(): void;
}

type OldIo = (url: string, options: object) => OldSocket;

const io2 = createRequire(import.meta.url)("socket.io-client-2") as OldIo;

/** How such a client carries packets. */
export const eio3Transports = ["polling", "websocket", "upgrade"] as const;

/** Starts to connect, over its own connection; it is disconnected when the test ends. */
export function openOld(url: string, transport: (typeof eio3Transports)[number], options = {}): OldSocket {
  const socket = io2(url, {
    transports: transport === "upgrade" ? ["polling", "websocket"] : [transport],
    forceNew: true,
    reconnection: false,
    ...options,
  });
  onTestFinished(() => {
    socket.disconnect();
    socket.io.reconnection(false);
    socket.io.engine?.close();
  });
  return socket;
}

/** Connects; resolves when the client is accepted and on its final transport. */
export async function connectOld(
  url: string,
  transport: (typeof eio3Transports)[number],
  options = {},
): Promise<OldSocket> {
  const socket = openOld(url, transport, options);
  const upgrade = new Promise<void>((resolve) => {
    if (transport === "upgrade") socket.io.engine.once("upgrade", () => resolve());
    else resolve();
  });
  await within(
    "the acceptance",
    new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
      socket.once("connect_error", reject);
    }),
  );
  await within("the upgrade", upgrade);
  return socket;
}

/** Resolves to the values of the next event of this name. */
export function nextOld(socket: OldSocket, event: string): Promise<unknown[]> {
  return within(
    `the event "${event}"`,
    new Promise((resolve) => {
      socket.once(event, (...values: unknown[]) => resolve(values));
    }),
  );
}

/** Sends an event and resolves to the values of its acknowledgement. */
export function askOld(socket: OldSocket, event: string, ...values: unknown[]): Promise<unknown[]> {
  return within(
    `the acknowledgement of "${event}"`,
    new Promise((resolve) => {
      socket.emit(event, ...values, (...answer: unknown[]) => resolve(answer));
    }),
  );
}

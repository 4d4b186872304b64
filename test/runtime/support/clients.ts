/** Stock Socket.IO clients, whose connections end with the test that opened them. */

import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { onTestFinished } from "vitest";

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

export const transports = ["polling", "websocket"] as const;

/** A client that has started to connect, on its own connection. */
export function open(url: string, options: ClientOptions = {}): Socket {
  const client = io(url, { forceNew: true, reconnection: false, ...options });
  onTestFinished(() => {
    client.disconnect();
  });
  return client;
}

/** A client that is connected. Fails when it is refused. */
export async function connect(url: string, options: ClientOptions = {}): Promise<Socket> {
  const client = open(url, options);
  await new Promise<void>((resolve, reject) => {
    client.once("connect", resolve);
    client.once("connect_error", reject);
  });
  return client;
}

/** Waits until a client that began with polling has moved to a WebSocket. */
export async function upgraded(client: Socket): Promise<void> {
  const { engine } = client.io;
  if (engine.transport.name !== "websocket") await new Promise((resolve) => engine.once("upgrade", resolve));
}

/** The error with which a client is refused. */
export async function refusal(client: Socket): Promise<Error & { data?: unknown }> {
  return new Promise((resolve, reject) => {
    client.once("connect_error", resolve);
    client.once("connect", () => reject(new Error("The client was accepted.")));
  });
}

/** The first argument of the next event of this name. */
export function next(client: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => client.once(event, resolve));
}

/** The secret id of a client's connection, which no other client may learn. */
export function secretOf(client: Socket): string {
  return String(client.io.engine.id);
}

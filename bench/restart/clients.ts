/** The clients of a restart, in their own process: `roomcast/client` on the WebSockets of `ws`. */

import { type ClientSocket, connect } from "roomcast/client";
import { WebSocket } from "ws";
import type { Attempt, FromClients, ToClients } from "./restart-messages.ts";

/** A wait that a client has drawn and not used yet. */
interface Wait {
  readonly from: number;
  readonly time: number;
}

const attempts: Attempt[] = [];
const waits = new Map<number, Wait>();
/** The client that draws its wait now, and how often it has failed in a row. */
let drawing: number | undefined;
const failures = new Map<number, number>();
/** The clients with an attempt that is neither open nor over. */
const pending = new Map<number, number>();
/** The defaults of `connect()`. */
const [minDelay, maxDelay] = [1_000, 10_000];

// A client draws its wait while it hears of the end of its connection.
const random = Math.random;
Math.random = () => {
  const value = random();
  if (drawing !== undefined) {
    const failed = failures.get(drawing) ?? 0;
    failures.set(drawing, failed + 1);
    waits.set(drawing, { from: performance.now(), time: value * Math.min(maxDelay, minDelay * 2 ** failed) });
  }
  return value;
};

/** The class of the WebSockets of one client, which records its attempts. */
function recorded(client: number): new (url: string) => WebSocket {
  class Recorded extends WebSocket {
    constructor(url: string) {
      super(url);
      const wait = waits.get(client);
      waits.delete(client);
      const others = pending.get(client) ?? 0;
      pending.set(client, others + 1);
      attempts.push({
        client,
        at: Date.now(),
        wait: wait?.time ?? null,
        waited: wait === undefined ? null : performance.now() - wait.from,
        others,
      });
      const settle = () => {
        if (this.#isPending) pending.set(client, (pending.get(client) ?? 0) - 1);
        this.#isPending = false;
      };
      for (const event of ["open", "close", "error"]) this.on(event, settle);
      for (const name of ["onclose", "onerror"]) {
        const set = (listener: (event: unknown) => void) =>
          Reflect.set(WebSocket.prototype, name, whileDrawing(client, listener), this);
        Object.defineProperty(this, name, { set });
      }
    }

    #isPending = true;
  }
  return Recorded;
}

function whileDrawing(client: number, listener: (event: unknown) => void): (event: unknown) => void {
  return (event) => {
    drawing = client;
    try {
      listener(event);
    } finally {
      drawing = undefined;
    }
  };
}

const sockets: ClientSocket[] = [];

process.on("message", (message: ToClients) => {
  if (message.type === "connect") {
    for (let client = 0; client < message.count; client += 1) {
      const socket = connect(`http://127.0.0.1:${message.port}`, {
        WebSocket: recorded(client) as never,
        query: { client: String(client) },
      });
      socket.on("connect_error", () => {});
      sockets.push(socket);
    }
  }
  const connected = sockets.filter(({ state }) => state === "connected").length;
  const report: FromClients = { connected, attempts };
  process.send?.(report);
});
process.on("disconnect", () => process.exit());

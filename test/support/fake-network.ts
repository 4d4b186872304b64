/** A network for clients, whose requests and WebSockets a test answers by hand. */

import {
  type ClientNetwork,
  type ClientSocketLink,
  type ClientSocketListener,
  type NetworkAnswer,
  NetworkError,
  type RequestQuery,
} from "../../src/client/network.ts";

/** A request that waits for its answer. */
export interface FakeRequest {
  readonly query: RequestQuery;
  readonly body: string | undefined;
  answer(body: string | Uint8Array, status?: number): void;
  fail(code: string, message: string): void;
}

/** A WebSocket that the client has asked for. */
export interface FakeSocket {
  readonly query: RequestQuery;
  readonly listener: ClientSocketListener;
  readonly sent: (string | Uint8Array)[];
  /** How it ended from the client's side. */
  ended: "closed" | "aborted" | null;
}

/** An answer as a network gives it. */
export function answerWith(body: string | Uint8Array, status = 200): NetworkAnswer {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return { status, headers: {}, body: new TextDecoder().decode(bytes), bytes, took: 1 };
}

/** The network. */
export class FakeNetwork implements ClientNetwork {
  readonly requests: FakeRequest[] = [];
  readonly sockets: FakeSocket[] = [];
  hasEnded = false;

  request(query: RequestQuery, body: string | undefined, signal: AbortSignal): Promise<NetworkAnswer> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new NetworkError("ABORT_ERR", "aborted")));
      this.requests.push({
        query,
        body,
        answer: (text, status) => resolve(answerWith(text, status)),
        fail: (code, message) => reject(new NetworkError(code, message)),
      });
    });
  }

  openWebSocket(query: RequestQuery, listener: ClientSocketListener): ClientSocketLink {
    const socket: FakeSocket = { query, listener, sent: [], ended: null };
    this.sockets.push(socket);
    return {
      send: (data) => {
        socket.sent.push(data);
      },
      flushed: async () => {},
      close: () => {
        socket.ended ??= "closed";
      },
      abort: () => {
        socket.ended ??= "aborted";
      },
    };
  }

  end(): void {
    this.hasEnded = true;
  }
}

/** Lets promises that are settled run on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** The first packet of a server. */
export const openPacket =
  '0{"sid":"a","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":100}';

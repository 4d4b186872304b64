/** The part of Bun that Roomcast uses, so that it can be compiled and loaded without Bun. */

/** A server of `Bun.serve`. */
export interface BunServer {
  readonly port?: number | undefined;
  /** Where it listens. Its `hostname` says `"localhost"` also where that is every address. */
  readonly address?: { readonly address: string } | null;
  /** Completes a WebSocket's handshake; `open` is called before it returns. */
  upgrade(request: Request, options: { headers?: Headers; data: unknown }): boolean;
  requestIP(request: Request): { readonly address: string } | null;
  /** How long a request may take without anything moving, in seconds; 0 is as long as it likes. */
  timeout(request: Request, seconds: number): void;
  /** Takes no new connections; `true` cuts off those that are there. */
  stop(closeActiveConnections?: boolean): Promise<void>;
}

/** A WebSocket of `Bun.serve`. */
export interface BunWebSocket {
  readonly data: unknown;
  send(message: string | Uint8Array, compress?: boolean): number;
  /** Everything sent in the callback goes out in one system call. */
  cork(callback: () => void): unknown;
  getBufferedAmount(): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/** The functions that Bun calls for the WebSockets of one server, and how it treats them. */
export interface BunWebSocketHandlers {
  open(webSocket: BunWebSocket): void;
  message(webSocket: BunWebSocket, message: string | Buffer): void;
  drain(webSocket: BunWebSocket): void;
  close(webSocket: BunWebSocket, code: number, reason: string): void;
  /** The longest message to accept, in bytes. */
  readonly maxPayloadLength: number;
  /** How much may wait for one client before Bun drops messages, in bytes. */
  readonly backpressureLimit: number;
  /** How long a client may be quiet, in seconds; 0 is as long as it likes. */
  readonly idleTimeout: number;
  readonly sendPings: boolean;
  readonly perMessageDeflate: boolean;
}

/** Answers a request, as Bun calls it: with nothing once the request has become a WebSocket. */
export type BunFetch = (
  request: Request,
  server: BunServer,
) => Response | undefined | Promise<Response | undefined>;

/** What `Bun.serve` takes. */
export interface BunServeOptions {
  readonly hostname: string;
  readonly port: number;
  readonly tls?: object | undefined;
  readonly fetch: BunFetch;
  readonly websocket: BunWebSocketHandlers;
}

/** The global `Bun`. */
export interface BunRuntime {
  readonly version: string;
  serve(options: BunServeOptions): BunServer;
}

/** Bun, where this program runs on it. */
export function findBun(): BunRuntime | undefined {
  return (globalThis as { Bun?: BunRuntime }).Bun;
}

/**
 * What a runtime must give the engine, and what the engine gives a runtime. The engine knows of no server,
 * socket or request but through these; an adapter implements them.
 */

import type { Deflater } from "../websocket/deflater.ts";

/** The request that opened a connection, as far as the connection remembers it. */
export interface EngineRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Header fields by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The client's network address; behind proxies that are trusted, what they tell of it. */
  readonly address: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /**
   * The host that it was sent to, where a proxy that is trusted tells of another than the header field
   * `host`.
   */
  readonly host?: string | undefined;
  /**
   * What the application's framework has made of it: a member only where the application wants it kept, so
   * that all other requests keep the shape that they are made with.
   */
  http?: unknown;
}

/** Header fields of an answer. A field may have several values. */
export type HeaderFields = Readonly<Record<string, string | string[]>>;

/** An answer to an HTTP request. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body?: string | Uint8Array;
}

/** One HTTP request and its answer. */
export interface HttpExchange {
  readonly request: EngineRequest;
  /** The request as the runtime has it: an `IncomingMessage` of Node's or a `Request`, where there is one. */
  readonly raw?: unknown;
  /**
   * Whether the server that it came to listens on loopback addresses alone, which other machines do not
   * reach.
   */
  readonly listensOnLoopback: boolean;
  /**
   * Reads the request's body.
   *
   * @param limit - the most bytes to accept
   * @returns the body, or `undefined` when it is longer than the limit
   * @throws when the peer goes away before the end
   */
  readBody(limit: number): Promise<Uint8Array | undefined>;
  /** Answers. The first answer counts; after the peer has gone away it is dropped. */
  respond(response: HttpResponse): void;
  /**
   * Registers the one callback that is told how the answer ends: `true` when the operating system has all of
   * it, `false`, at once if need be, when the peer goes away before that.
   */
  onEnd(callback: (isTaken: boolean) => void): void;
  /** Cuts the peer off, and drops what it has not taken of the answer. */
  cut(): void;
}

/** What the engine wants to hear of a WebSocket. */
export interface WebSocketListener {
  /** @param size - how many bytes it came in, where that is known */
  onText(text: string, size?: number): void;
  onBinary(bytes: Uint8Array): void;
  /** The WebSocket is gone; called once, and last. */
  onClose(cause: WebSocketCloseCause): void;
}

/**
 * Why a WebSocket is gone: its peer closed it, it broke, a message was larger than `maxHttpBufferSize`, or
 * came in more than `maxFragments` pieces.
 */
export type WebSocketCloseCause = "closed" | "error" | "too large" | "too many fragments";

/** Frames as they go over the wire: bytes, or a string whose characters each stand for one byte (latin1). */
export type Frames = string | readonly Uint8Array[];

/** One message to be sent, and whether it is worth compressing where compression is on. */
export interface WebSocketMessage {
  readonly data: string | Uint8Array;
  readonly compress: boolean;
}

/** One accepted WebSocket. */
export interface WebSocketLink {
  /**
   * What compresses the messages of its frames, where its client takes that. All links of a server whose
   * clients have agreed to the same have the same.
   */
  readonly deflater?: Deflater;
  /** Whether {@link writeFrames} may be used; otherwise the runtime frames each message by itself. */
  readonly takesFrames: boolean;
  /** Writes what already is whole frames (RFC 6455 §5), in one system call where the runtime can. */
  writeFrames(frames: Frames): void;
  /** Sends messages where the runtime frames them by itself, in one system call where it can. */
  send(messages: readonly WebSocketMessage[]): void;
  /**
   * Starts the closing handshake.
   *
   * @param code - the status code (RFC 6455 §7.4)
   * @param reason - the reason in words, at most 123 bytes
   */
  close(code?: number, reason?: string): void;
  /**
   * Says why, and cuts the connection without waiting for what the peer has to say; reads nothing any more.
   */
  fail(code: number, reason: string): void;
  /** Cuts the connection. */
  terminate(): void;
  /** Bytes that were written and have not reached the operating system yet. */
  readonly bufferedBytes: number;
}

/** A request to speak WebSocket. The first of `accept` and `refuse` counts. */
export interface UpgradeExchange {
  readonly request: EngineRequest;
  /** As in {@link HttpExchange}. */
  readonly raw?: unknown;
  /** As in {@link HttpExchange}. */
  readonly listensOnLoopback: boolean;
  /**
   * Completes the handshake.
   *
   * @param headers - header fields to add to the answer
   * @param open - called with the open link unless the handshake fails; returns its listener. If it
   *   throws, the link is cut
   */
  accept(headers: HeaderFields, open: (link: WebSocketLink) => WebSocketListener): void;
  /** Answers with an HTTP status instead. */
  refuse(response: HttpResponse): void;
}

/** What a runtime hands its requests to. */
export interface RequestSink {
  /** Whether a request for this URL (path and query) belongs to the sink. */
  owns(url: string): boolean;
  /**
   * Whether a request of long polling for this URL concerns no other process: it opens a connection, or names
   * one that is here.
   */
  holds?(url: string): boolean;
  handleRequest(exchange: HttpExchange): void;
  handleUpgrade(exchange: UpgradeExchange): void;
}

/** Leads requests to the process that holds their connection, where several serve together. */
export interface ConnectionRelay {
  /** What the ids of this process's own connections begin with, and no other's. */
  readonly prefix: string;
  /** Takes a request of the connection with this id; `false` where no process that lives can have it. */
  relayRequest(id: string, exchange: HttpExchange): boolean;
  /**
   * Takes a request to move the connection with this id to a WebSocket; `false` where no process can have it.
   */
  relayUpgrade(id: string, exchange: UpgradeExchange): boolean;
}

/** What a client needs of the network, as ports: HTTP requests and WebSockets. Knows no runtime. */

/** The fields of an HTTP answer; a field that came several times is a list. */
export type AnswerFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The answer to one HTTP request, whatever its status. */
export interface NetworkAnswer {
  readonly status: number;
  readonly headers: AnswerFields;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Uint8Array;
  /** From the request to the end of the answer, in ms. */
  readonly took: number;
}

/** Why a request had no answer: a code such as `ECONNREFUSED`, and words. */
export class NetworkError extends Error {
  readonly code: string;

  /**
   * @param code - the code of the system, of TLS or of HTTP, such as `CERT_HAS_EXPIRED`
   * @param message - what happened
   */
  constructor(code: string, message: string) {
    super(message);
    this.name = "NetworkError";
    this.code = code;
  }
}

/** Any error of a request or WebSocket as a {@link NetworkError}. */
export function asNetworkError(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown[] };
  // Where a name has several addresses, there is an error for each of them.
  if (message === "" && errors?.[0] !== undefined) return asNetworkError(errors[0]);
  return new NetworkError(typeof code === "string" ? code : "ERROR", String(message));
}

/** What a WebSocket tells of itself. After `refused`, `failed` and `closed` nothing else is called. */
export interface ClientSocketListener {
  /** It is open; `extensions` is what both sides agreed on, such as `permessage-deflate`. */
  opened(extensions: string): void;
  received(data: string | Uint8Array): void;
  /** The server answered with something else than a WebSocket. */
  refused(answer: NetworkAnswer): void;
  failed(error: NetworkError): void;
  closed(code: number, reason: string): void;
}

/** One WebSocket. */
export interface ClientSocketLink {
  /** Sends a message. A failure ends the WebSocket, whose listener is told. */
  send(data: string | Uint8Array): void;
  /** Resolves when the system has taken all that was sent, or when it never will. */
  flushed(): Promise<void>;
  /** Closes it in order. */
  close(): void;
  /** Ends it at once; the listener hears nothing more. */
  abort(): void;
}

/** The query of an Engine.IO request. */
export type RequestQuery = Readonly<Record<string, string>>;

/** How a client reaches one server. */
export interface ClientNetwork {
  /**
   * Sends an HTTP request to the server's path.
   *
   * @param query - is added to what the user gave
   * @param body - makes it a POST
   * @param signal - ends it early
   * @throws NetworkError when there is no answer
   */
  request(query: RequestQuery, body: string | undefined, signal: AbortSignal): Promise<NetworkAnswer>;
  /** Begins to open a WebSocket. */
  openWebSocket(query: RequestQuery, listener: ClientSocketListener): ClientSocketLink;
  /** Ends the connections that wait for further requests. */
  end(): void;
}

/** A client library as the scenarios use it, in any language. */

/** The transport of a client. */
export type Transport = "polling" | "websocket" | "upgrade";

/** Every transport, in the order of the page. */
export const transports: readonly Transport[] = ["polling", "websocket", "upgrade"];

/** The options of a connection. */
export interface ConnectOptions {
  /** The value that the client sends to the namespace's connect handler, if its library can. */
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Whether it reconnects by itself when the connection breaks. Default: no. */
  readonly reconnects?: boolean;
}

/** The error that a refused client receives. Older clients receive less. */
export interface Refusal {
  readonly message?: string | undefined;
  readonly data?: unknown;
}

/** One client library with one transport. */
export interface Client {
  readonly library: Library;
  readonly transport: Transport;
  /** Starts to connect to these namespaces, over one new connection. */
  open(url: string, namespaces: readonly string[], options?: ConnectOptions): ClientSocket[];
}

/** A client library, and its parser. */
export interface Library {
  readonly name: string;
  /** The first two numbers of its version. */
  readonly version: string;
  readonly parser: Parser;
}

/** How packets become bytes: the protocol's default, or MessagePack. Server and client must agree. */
export type Parser = "default" | "msgpack";

/** A client in one namespace. */
export interface ClientSocket {
  /** Every event that has arrived, with its values. */
  readonly received: readonly (readonly unknown[])[];
  /** The reason of each disconnect, or `""` where the library gives none. */
  readonly ends: readonly string[];
  /** The number of times that the server has accepted the client. */
  readonly acceptances: number;
  /** Whether it continues where an earlier connection ended. */
  readonly isRecovered: boolean;
  /** Resolves when the client is accepted and has reached its final transport. */
  connected(): Promise<void>;
  /** Resolves when the client is refused. */
  refused(): Promise<Refusal>;
  emit(event: string, ...values: unknown[]): void;
  /** Emits an event that the library may drop. */
  emitVolatile(event: string, ...values: unknown[]): void;
  /** Emits an event and resolves to the values of its acknowledgement. */
  ask(event: string, ...values: unknown[]): Promise<unknown[]>;
  /** The same with a timeout of the library's own, in ms: resolves to `"timeout"` when it has passed. */
  askWithin(timeout: number, event: string, ...values: unknown[]): Promise<unknown[] | "timeout">;
  /** Answers an event from now on with these values, or with the event's own, after a delay in ms. */
  answer(event: string, values: readonly unknown[] | "what came", delay?: number): void;
  /** The current transport. */
  currentTransport(): Promise<string>;
  /** Leaves the namespace; leaving the last one closes the connection. */
  disconnect(): void;
  /** Connects again after {@link disconnect}, or after the server has disconnected the client. */
  reconnect(): Promise<void>;
  /** Ends the connection and everything that belongs to it. */
  dispose(): void;
}

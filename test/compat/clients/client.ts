/** A client library as the scenarios use it, whatever language it is written in. */

/** How a client carries packets. */
export type Transport = "polling" | "websocket" | "upgrade";

/** Every way of carrying packets, in the order of the page. */
export const transports: readonly Transport[] = ["polling", "websocket", "upgrade"];

/** How a client is to connect. */
export interface ConnectOptions {
  /** What is sent to the namespace's connect handler, by clients that can. */
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Whether it comes back by itself when the connection breaks. Default: no. */
  readonly reconnects?: boolean;
}

/** What a client is told when it is refused. Older clients are told less. */
export interface Refusal {
  readonly message?: string | undefined;
  readonly data?: unknown;
}

/** One client library with one way of carrying packets. */
export interface Client {
  readonly library: Library;
  readonly transport: Transport;
  /** Begins to connect to these namespaces, over one new connection. */
  open(url: string, namespaces: readonly string[], options?: ConnectOptions): ClientSocket[];
}

/** A client library, and what it makes bytes with. */
export interface Library {
  readonly name: string;
  /** Its first two numbers. */
  readonly version: string;
  readonly parser: Parser;
}

/** How packets become bytes: as the protocol says, or with MessagePack. Server and client must agree. */
export type Parser = "default" | "msgpack";

/** A client in one namespace. */
export interface ClientSocket {
  /** Every event that came, with its values. */
  readonly received: readonly (readonly unknown[])[];
  /** For each time that the client was disconnected the reason, or `""` where the library tells none. */
  readonly ends: readonly string[];
  /** How often the client was accepted. */
  readonly acceptances: number;
  /** Whether it goes on where an earlier connection ended. */
  readonly isRecovered: boolean;
  /** Resolves when the client is accepted and on the transport that it is to stay on. */
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
  /** From now on answers an event with these values, or with those that came, after so many ms. */
  answer(event: string, values: readonly unknown[] | "what came", delay?: number): void;
  /** The transport that is used now. */
  currentTransport(): Promise<string>;
  /** Leaves the namespace, and with the last one the server. */
  disconnect(): void;
  /** Connects again after {@link disconnect}, or after the server has disconnected the client. */
  reconnect(): Promise<void>;
  /** Ends the connection and all that belongs to it. */
  dispose(): void;
}

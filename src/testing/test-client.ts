/**
 * A client inside the server's own process, for tests: everything between the network and the handlers is the real
 * thing, with a transport that hands packets over in memory.
 */

import { ConnectionRefusedError, ProtocolError, RoomcastError, TimeoutError } from "../base/errors.ts";
import { generateId } from "../base/id.ts";
import { fromArguments, toArguments } from "../contract/arguments.ts";
import type { Batch } from "../engine/batch.ts";
import type { Connection } from "../engine/connection.ts";
import type { Engine } from "../engine/engine.ts";
import { packetsOf } from "../engine/outbox.ts";
import type { EngineRequest } from "../engine/ports.ts";
import type { Transport } from "../engine/transport.ts";
import { encodeSocketPacket, type SocketPacket, SocketPacketDecoder } from "../protocol/socket-packet.ts";

/** What the handshake's request of a test client carries. */
export interface TestClientOptions {
  /** Header fields, such as `{ cookie: "…" }`. */
  headers?: Record<string, string> | undefined;
  /** The query. */
  query?: Record<string, string> | undefined;
  /** The client's network address. Default `"127.0.0.1"`. */
  address?: string | undefined;
}

/** An event that a test client got. */
export interface ReceivedEvent {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly namespace: string;
}

/** What a test client needs to know of handlers. */
export interface HandlerWatch {
  /** Resolves when no handler runs, or after `timeout` ms; says which. */
  settled(timeout: number): Promise<boolean>;
}

/** How long a test client waits for the server's handlers, in ms. */
const patience = 5000;

interface Joining {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * A client for tests.
 *
 * ```ts
 * const client = socketio.testClient();
 * await client.connect();
 * await client.emit("my_event", { data: "hello" });
 * expect(client.received()).toEqual([{ name: "my_response", args: [{ data: "hello" }], namespace: "/" }]);
 * ```
 */
export class TestClient {
  readonly #engine: Engine;
  readonly #handlers: HandlerWatch;
  readonly #request: EngineRequest;
  readonly #decoder = new SocketPacketDecoder();
  readonly #sids = new Map<string, string>();
  readonly #joining = new Map<string, Joining>();
  readonly #answers = new Map<number, (values: readonly unknown[]) => void>();
  readonly #listeners = new Map<string, (...values: never[]) => unknown>();
  #connection: Connection | null = null;
  #received: ReceivedEvent[] = [];
  #lastId = 0;

  /** @internal */
  constructor(engine: Engine, handlers: HandlerWatch, { headers, query, address }: TestClientOptions) {
    this.#engine = engine;
    this.#handlers = handlers;
    const search = new URLSearchParams({ ...query, EIO: "4", transport: "websocket" });
    this.#request = {
      method: "GET",
      url: `/socket.io/?${search}`,
      path: "/socket.io/",
      query: search,
      headers: { host: "localhost", ...lowerCase(headers ?? {}) },
      address: address ?? "127.0.0.1",
      secure: false,
    };
  }

  /**
   * Joins a namespace, connecting first where needed.
   *
   * @param namespace - the namespace
   * @param auth - what to send along
   * @throws {@link ConnectionRefusedError} when the server refuses
   */
  async connect(namespace = "/", auth?: object): Promise<void> {
    if (this.#connection?.isOpen !== true) this.#open();
    const joined = new Promise<void>((resolve, reject) => this.#joining.set(namespace, { resolve, reject }));
    this.#say({ type: "connect", namespace, ...(auth === undefined ? {} : { data: auth }) });
    await joined;
    await this.idle();
  }

  /** Whether the client is in a namespace. */
  isConnected(namespace = "/"): boolean {
    return this.#sids.has(namespace);
  }

  /**
   * The client's public id in a namespace.
   *
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when it is not in the namespace
   */
  sid(namespace = "/"): string {
    const sid = this.#sids.get(namespace);
    if (sid === undefined) throw notConnected(namespace);
    return sid;
  }

  /**
   * Sends an event. Resolves when the server's handlers have come to their end, so that what they sent can be looked
   * at; without waiting for that, handlers can be watched while they run.
   *
   * @param event - the event's name
   * @param data - none, one value, or `args(…)` for several
   * @param namespace - the namespace
   * @throws {@link TimeoutError} when handlers still run after 5 s
   */
  async emit(event: string, data?: unknown, namespace = "/"): Promise<void> {
    this.sid(namespace);
    this.#say({ type: "event", namespace, data: [event, ...toArguments(data)] });
    await this.idle();
  }

  /** Sends the `message` event, or `json`, like {@link emit}. */
  send(data: unknown, { json = false, namespace = "/" } = {}): Promise<void> {
    return this.emit(json ? "json" : "message", data, namespace);
  }

  /**
   * Sends an event and waits for its acknowledgement.
   *
   * @returns what the handler answered with: a value, or a list of several
   * @throws {@link TimeoutError} when it does not answer within 5 s
   */
  async call(event: string, data?: unknown, namespace = "/"): Promise<unknown> {
    this.sid(namespace);
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<readonly unknown[]>((resolve, reject) => {
      const giveUp = setTimeout(() => {
        this.#answers.delete(id);
        reject(new TimeoutError(`The server did not answer "${event}" within ${patience} ms.`));
      }, patience);
      this.#answers.set(id, (values) => {
        clearTimeout(giveUp);
        resolve(values);
      });
    });
    this.#say({ type: "event", namespace, id, data: [event, ...toArguments(data)] });
    return fromArguments(await answered);
  }

  /**
   * Answers an event of the server: what the listener returns is the acknowledgement, for events that want one. Those
   * without a listener are acknowledged with nothing.
   */
  on(event: string, listener: (...values: never[]) => unknown): this {
    this.#listeners.set(event, listener);
    return this;
  }

  /** The events that came since the last call, in all namespaces or in one. */
  received(namespace?: string): ReceivedEvent[] {
    const wanted = (event: ReceivedEvent) => namespace === undefined || event.namespace === namespace;
    const events = this.#received.filter(wanted);
    this.#received = this.#received.filter((event) => !wanted(event));
    return events;
  }

  /** Leaves a namespace, as a client does that disconnects. */
  async disconnect(namespace = "/"): Promise<void> {
    this.sid(namespace);
    this.#sids.delete(namespace);
    this.#say({ type: "disconnect", namespace });
    await this.idle();
  }

  /** Cuts the connection, as a network does that fails. */
  async drop(): Promise<void> {
    this.#connection?.terminate("transport close");
    await this.idle();
  }

  /**
   * Waits until no handler runs and everything that was sent has arrived.
   *
   * @throws {@link TimeoutError} after 5 s
   */
  async idle(): Promise<void> {
    if (!(await this.#handlers.settled(patience))) {
      throw new TimeoutError(`Handlers of the server still run after ${patience} ms.`);
    }
    this.#engine.outbox.flush();
    // What the client itself answered, its listeners' acknowledgements among it, is taken in turn.
    await Promise.resolve();
  }

  #open(): void {
    this.#decoder.reset();
    const { connection } = this.#engine.open(
      generateId(),
      this.#request,
      () =>
        new MemoryTransport(
          (batch) => this.#take(batch),
          () => this.#onClose(),
        ),
    );
    this.#connection = connection;
  }

  #say(packet: SocketPacket): void {
    const { text, attachments } = encodeSocketPacket(packet);
    this.#connection?.onText(`4${text}`);
    for (const bytes of attachments) this.#connection?.onBinary(bytes);
  }

  #take(batch: Batch): void {
    for (const { text, attachments } of packetsOf(batch)) {
      if (text === "2") this.#connection?.onText("3");
      if (!text.startsWith("4")) continue;
      let packet = this.#decoder.decodeText(text, 1);
      for (const bytes of attachments) packet = this.#decoder.decodeBinary(bytes);
      if (packet === undefined) throw new ProtocolError("the server's packet lacks attachments");
      this.#hear(packet);
    }
  }

  #hear(packet: SocketPacket): void {
    const { namespace } = packet;
    switch (packet.type) {
      case "connect":
        this.#sids.set(namespace, (packet.data as { sid: string }).sid);
        this.#settle(namespace)?.resolve();
        break;
      case "connect_error": {
        const { message, data } = packet.data as { message: string; data?: unknown };
        this.#settle(namespace)?.reject(new ConnectionRefusedError(message, data));
        break;
      }
      case "disconnect":
        this.#sids.delete(namespace);
        break;
      case "event":
        this.#hearEvent(packet);
        break;
      case "ack":
        this.#answers.get(packet.id)?.(packet.data);
        this.#answers.delete(packet.id);
        break;
    }
  }

  #hearEvent({ namespace, id, data: [name, ...args] }: Extract<SocketPacket, { type: "event" }>): void {
    this.#received.push({ name, args, namespace });
    const result = this.#listeners.get(name)?.(...(args as never[]));
    if (id === undefined) return;
    void Promise.resolve(result).then((value) => {
      if (this.#sids.has(namespace)) this.#say({ type: "ack", namespace, id, data: [...toArguments(value)] });
    });
  }

  #settle(namespace: string): Joining | undefined {
    const joining = this.#joining.get(namespace);
    this.#joining.delete(namespace);
    return joining;
  }

  #onClose(): void {
    this.#sids.clear();
    for (const [namespace, { reject }] of this.#joining) reject(notConnected(namespace));
    this.#joining.clear();
  }
}

/** Hands packets over in memory. */
class MemoryTransport implements Transport {
  readonly name = "websocket";
  readonly writable = true;
  readonly congested = false;
  readonly farewell = null;
  readonly #take: (batch: Batch) => void;
  readonly #onClose: () => void;

  constructor(take: (batch: Batch) => void, onClose: () => void) {
    this.#take = take;
    this.#onClose = onClose;
  }

  send(batch: Batch): void {
    this.#take(batch);
  }

  close(): void {
    this.#onClose();
  }

  terminate(): void {
    this.#onClose();
  }
}

function notConnected(namespace: string): RoomcastError {
  return new RoomcastError(
    "ERR_DISCONNECTED",
    `The test client is not connected to ${namespace}: await client.connect() first.`,
  );
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * Socket.IO over one connection as a client: namespaces, events and acknowledgements, as data that a tool can
 * show. It never connects again: a new connection is a new object.
 */

import { ProtocolError } from "../base/errors.ts";
import { type Clock, systemClock } from "../base/time/clock.ts";
import type { SocketPacket } from "../protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../protocol/socket-packet-decoder.ts";
import { encodeSocketPacket } from "../protocol/socket-packet-encoder.ts";
import { sizeOf } from "./client-dialect.ts";
import type { ClientCloseReason, ConnectFailure } from "./connect-failure.ts";
import {
  EngineClient,
  type EngineClientSettings,
  type OpenOutcome,
  type WireEntry,
} from "./engine-client.ts";
import type { ClientNetwork } from "./network.ts";

/** An event that came. */
export interface IncomingEvent {
  readonly namespace: string;
  readonly event: string;
  readonly values: readonly unknown[];
  /** Bytes of its messages. */
  readonly size: number;
  /** Sends the acknowledgement; `null` where the server wants none. */
  readonly answer: ((values: readonly unknown[]) => void) | null;
}

/** What asking for a namespace came to. */
export type JoinOutcome =
  | { type: "joined"; sid: string }
  /** `payload` is what the server sent, as it is: an object with `message`, or with some servers a text. */
  | { type: "refused"; payload: unknown }
  | { type: "timeout"; after: number }
  | { type: "closed"; reason: ClientCloseReason };

/** What a call came to. Times in ms. */
export type CallOutcome =
  | { type: "answered"; values: readonly unknown[]; took: number; size: number }
  | { type: "timeout"; after: number }
  | { type: "left" }
  | { type: "closed"; reason: ClientCloseReason };

/** What a client tells. */
export interface SocketIOClientListener {
  event?(event: IncomingEvent): void;
  /** The server ended the client's stay in a namespace. */
  left?(namespace: string): void;
  closed?(reason: ClientCloseReason): void;
  upgraded?(): void;
  upgradeFailed?(failure: ConnectFailure): void;
  wire?(entry: WireEntry): void;
}

interface PendingCall {
  readonly namespace: string;
  readonly settle: (outcome: CallOutcome) => void;
  readonly sentAt: number;
}

/** A tool shows what a server sends, so it takes more than a server takes of clients. */
const limits = {
  maxAttachments: 10_000,
  maxDepth: 1000,
  maxNamespaceLength: 10_000,
  maxEventLength: 100_000,
  maxArguments: 100_000,
};

/** A client. */
export class SocketIOClient {
  readonly engine: EngineClient;
  readonly #listener: SocketIOClientListener;
  readonly #clock: Clock;
  readonly #decoder = new SocketPacketDecoder(limits);
  readonly #joined = new Map<string, string>();
  readonly #joining = new Map<string, (outcome: JoinOutcome) => void>();
  /** What a server of Socket.IO 2 said of `"/"` before it was asked. */
  #early: JoinOutcome | null = null;
  readonly #calls = new Map<number, PendingCall>();
  #nextId = 0;
  #size = 0;
  #closed: ClientCloseReason | null = null;

  constructor(network: ClientNetwork, settings: EngineClientSettings, listener: SocketIOClientListener) {
    this.#listener = listener;
    this.#clock = settings.clock ?? systemClock;
    this.engine = new EngineClient(network, settings, {
      message: (data) => this.#receive(data),
      closed: (reason) => this.#onClosed(reason),
      ...(listener.wire === undefined ? {} : { wire: (entry: WireEntry) => listener.wire?.(entry) }),
      upgraded: () => listener.upgraded?.(),
      upgradeFailed: (failure) => listener.upgradeFailed?.(failure),
    });
  }

  /** The namespaces that the client is in, with its id in each. */
  get namespaces(): ReadonlyMap<string, string> {
    return this.#joined;
  }

  /** Opens the connection. Called once. */
  connect(): Promise<OpenOutcome> {
    return this.engine.open();
  }

  /**
   * Asks for a namespace.
   *
   * @param auth - what the server's `connect` handler gets. A server of Socket.IO 2 gets it in the query of
   *   the namespace, and for `"/"` only in the query of the connection
   * @param timeout - in ms
   */
  async join(namespace: string, auth: unknown, timeout: number): Promise<JoinOutcome> {
    if (this.#closed !== null) return { type: "closed", reason: this.#closed };
    const isOld = this.engine.revision === 3;
    if (isOld && namespace === "/" && this.#early !== null) return this.#early;
    const outcome = new Promise<JoinOutcome>((resolve) => this.#joining.set(namespace, resolve));
    if (!isOld) this.#send({ type: "connect", namespace, ...(auth === undefined ? {} : { data: auth }) });
    else if (namespace !== "/") {
      const query = auth === undefined ? "" : `?${queryOf(auth)}`;
      this.#send({ type: "connect", namespace: `${namespace}${query}` });
    }
    const timer = this.#clock.after(
      timeout,
      () => this.#settleJoin(namespace, { type: "timeout", after: timeout }),
      true,
    );
    return outcome.finally(() => timer.cancel());
  }

  /** Leaves a namespace. */
  leave(namespace: string): void {
    if (!this.#joined.delete(namespace)) return;
    this.#send({ type: "disconnect", namespace });
    this.#dropCalls(namespace);
  }

  /**
   * Sends an event; the promise of `engine.flush()` says when it is out.
   *
   * @returns bytes of its messages
   */
  emit(namespace: string, event: string, values: readonly unknown[]): number {
    return this.#send({ type: "event", namespace, data: [event, ...values] });
  }

  /**
   * Sends an event and waits for its acknowledgement.
   *
   * @param timeout - in ms
   */
  call(
    namespace: string,
    [event, ...values]: readonly [string, ...unknown[]],
    timeout: number,
  ): Promise<CallOutcome> {
    if (this.#closed !== null) return Promise.resolve({ type: "closed", reason: this.#closed });
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const settle = (outcome: CallOutcome) => {
        timer.cancel();
        this.#calls.delete(id);
        resolve(outcome);
      };
      const timer = this.#clock.after(timeout, () => settle({ type: "timeout", after: timeout }), true);
      this.#calls.set(id, { namespace, settle, sentAt: this.#clock.now() });
      this.#send({ type: "event", namespace, id, data: [event, ...values] });
    });
  }

  /** Leaves all namespaces and closes the connection, in order. */
  async close(): Promise<void> {
    for (const namespace of [...this.#joined.keys()]) this.leave(namespace);
    await this.engine.close();
  }

  #send(packet: SocketPacket): number {
    const { text, attachments } = encodeSocketPacket(packet);
    this.engine.send(text);
    for (const bytes of attachments) this.engine.send(bytes);
    return attachments.reduce((size, bytes) => size + bytes.length, sizeOf(text));
  }

  #receive(data: string | Uint8Array): void {
    this.#size += sizeOf(data);
    let packet: SocketPacket | undefined;
    try {
      packet = typeof data === "string" ? this.#decoder.decodeText(data) : this.#decoder.decodeBinary(data);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.engine.fail({ type: "protocol error", message: error.message });
      return;
    }
    if (packet === undefined) return;
    const size = this.#size;
    this.#size = 0;
    this.#handle(packet, size);
  }

  #handle(packet: SocketPacket, size: number): void {
    const { namespace } = packet;
    switch (packet.type) {
      case "connect": {
        const outcome: JoinOutcome = { type: "joined", sid: this.#sidOf(packet.data, namespace) };
        this.#joined.set(namespace, outcome.sid);
        this.#settleJoin(namespace, outcome);
        break;
      }
      case "connect_error":
        this.#settleJoin(namespace, { type: "refused", payload: packet.data });
        break;
      case "disconnect":
        if (!this.#joined.delete(namespace)) break;
        this.#dropCalls(namespace);
        this.#listener.left?.(namespace);
        break;
      case "ack": {
        const call = this.#calls.get(packet.id);
        const took = this.#clock.now() - (call?.sentAt ?? 0);
        call?.settle({ type: "answered", values: packet.data, took, size });
        break;
      }
      case "event": {
        const [event, ...values] = packet.data;
        const { id } = packet;
        const answer =
          id === undefined
            ? null
            : (given: readonly unknown[]) => {
                this.#send({ type: "ack", namespace, id, data: [...given] });
              };
        this.#listener.event?.({ namespace, event, values, size, answer });
        break;
      }
      default:
        packet satisfies never;
    }
  }

  #settleJoin(namespace: string, outcome: JoinOutcome): void {
    const settle = this.#joining.get(namespace);
    this.#joining.delete(namespace);
    if (settle !== undefined) settle(outcome);
    else if (namespace === "/" && outcome.type !== "timeout") this.#early ??= outcome;
  }

  #dropCalls(namespace: string): void {
    for (const call of [...this.#calls.values()])
      if (call.namespace === namespace) call.settle({ type: "left" });
  }

  #onClosed(reason: ClientCloseReason): void {
    this.#closed = reason;
    this.#joined.clear();
    for (const settle of this.#joining.values()) settle({ type: "closed", reason });
    this.#joining.clear();
    for (const call of [...this.#calls.values()]) call.settle({ type: "closed", reason });
    this.#listener.closed?.(reason);
  }

  /** Servers of Socket.IO 2 do not tell it: it is made of the id of the connection. */
  #sidOf(data: unknown, namespace: string): string {
    const sid = typeof data === "object" && data !== null ? (data as { sid?: unknown }).sid : undefined;
    if (typeof sid === "string") return sid;
    const own = this.engine.handshake?.sid ?? "";
    return namespace === "/" ? own : `${namespace}#${own}`;
  }
}

/** Auth as the query of a namespace. */
export function queryOf(auth: unknown): string {
  const entries = Object.entries(auth ?? {}).map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return new URLSearchParams(entries).toString();
}

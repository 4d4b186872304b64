/** The connection of a client, as programs of socket.io know it by `socket.conn`. */

import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { CloseReason } from "../../engine/close-reason.ts";
import type { Connection } from "../../engine/connection.ts";
import type { ConnectionWatcher } from "../../engine/connection-host.ts";
import type { OutgoingPacket } from "../../engine/outbox/outgoing-packet.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import { nameClass } from "../class-name.ts";
import { bridgeReason } from "../disconnect-reasons.ts";
import { refuseMethods } from "../refusals/refused-names.ts";
import { BridgeTransport } from "./bridge-transport.ts";

/** What a connection needs of its engine. */
export interface ConnectionEngine {
  /** The request that opened a connection, as the runtime had it. */
  requestOf(request: EngineRequest): IncomingMessage;
  /** Closes a connection, which its sockets then see as the end of the connection. */
  closeConnection(connection: Connection): void;
  /** Tells a watcher of every packet of a connection. */
  watch(connection: Connection, watcher: ConnectionWatcher): void;
  /** Reports an error of a listener. */
  report(error: unknown): void;
}

/** The types of packets by their digits. */
const types = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];

/** A connection. */
export class BridgeConnection extends EventEmitter implements ConnectionWatcher {
  readonly id: string;
  readonly protocol: number;
  readonly remoteAddress: string;
  upgraded = false;
  readonly #core: Connection;
  readonly #engine: ConnectionEngine;
  #request: IncomingMessage | null | undefined;
  #isWatched = false;
  #transport: BridgeTransport | null = null;

  constructor(core: Connection, engine: ConnectionEngine) {
    super();
    this.id = core.id;
    this.protocol = core.version;
    this.remoteAddress = core.request.address;
    this.#core = core;
    this.#engine = engine;
    // Packets are looked at from the first listener on.
    super.on("newListener", () => this.#watch());
  }

  get transport(): BridgeTransport {
    if (this.#transport?.name !== this.#core.transportName) this.#transport = new BridgeTransport(this.#core);
    return this.#transport;
  }

  /** Whether the change to a WebSocket has begun. */
  get upgrading(): boolean {
    return this.#core.isOpen && this.transport.name === "polling" && !this.#core.canUpgrade;
  }

  get readyState(): "open" | "closed" {
    return this.#core.isOpen ? "open" : "closed";
  }

  /** A program may set it to `null`, to save memory. */
  get request(): IncomingMessage {
    if (this.#request === undefined) this.#request = this.#engine.requestOf(this.#core.request);
    return this.#request as IncomingMessage;
  }

  set request(request: IncomingMessage | null) {
    this.#request = request;
  }

  close(): void {
    this.#engine.closeConnection(this.#core);
  }

  onPacket(text: string, bytes: Uint8Array | null): void {
    const type = bytes === null ? (types[Number(text[0])] ?? "message") : "message";
    const data = bytes === null ? (text.length > 1 ? text.slice(1) : undefined) : Buffer.from(bytes);
    this.#tell("packet", data === undefined ? { type } : { type, data });
    // The oldest clients send the pings.
    if (type === "pong" || type === "ping") this.#tell("heartbeat");
    if (type !== "message") return;
    this.#tell("data", data);
    this.#tell("message", data);
  }

  onCreate({ messages }: OutgoingPacket): void {
    for (const message of messages) {
      if (typeof message !== "string")
        this.#tell("packetCreate", { type: "message", data: Buffer.from(message) });
      else {
        const type = types[Number(message[0])] ?? "message";
        // The farewell is no packet of the program's.
        if (type === "close") continue;
        this.#tell("packetCreate", message.length > 1 ? { type, data: message.slice(1) } : { type });
      }
    }
  }

  onDrain(): void {
    this.#tell("flush");
    this.#tell("drain");
  }

  onUpgrade(): void {
    this.upgraded = true;
    this.#tell("upgrade", this.transport);
  }

  onClose(reason: CloseReason): void {
    const [known, description] = bridgeReason(reason);
    const isForced = known === "forced server close" || known === "server namespace disconnect";
    this.#tell(
      "close",
      isForced ? "forced close" : known,
      ...(description === undefined ? [] : [description]),
    );
  }

  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#engine.watch(this.#core, this);
  }

  #tell(event: string, ...values: readonly unknown[]): void {
    for (const listener of this.rawListeners(event)) {
      try {
        Reflect.apply(listener, this, values);
      } catch (error) {
        this.#engine.report(error);
      }
    }
  }
}

nameClass(BridgeConnection, "Socket");
refuseMethods(BridgeConnection.prototype, "Connection");

/**
 * One living client at the level of Engine.IO: whatever transport carries it, it takes packets in order,
 * sends packets in order, and ends once. It knows nothing of namespaces or events.
 */

import { ProtocolError } from "../base/errors.ts";
import { isInstance } from "../base/foreign-value.ts";
import { Deadline } from "../base/time/deadline-queue.ts";
import type { CloseReason } from "./close-reason.ts";
import type { ConnectionHost } from "./connection-host.ts";
import type { ConnectionMeter } from "./connection-meter.ts";
import { ConnectionSender } from "./connection-sender.ts";
import type { TimedConnection } from "./connection-timers.ts";
import type { TransportName } from "./engine-options.ts";
import { OutgoingPacket } from "./outbox/outgoing-packet.ts";
import type { EngineRequest, HttpExchange, WebSocketLink, WebSocketListener } from "./ports.ts";
import { decodeBase64Message, isBase64Message } from "./transport/base64-format.ts";
import { PollingTransport } from "./transport/polling-transport.ts";
import type { Transport, TransportOwner } from "./transport/transport.ts";
import { Upgrade, type UpgradeOwner } from "./transport/upgrade.ts";
import type { WebSocketTransport } from "./transport/websocket-transport.ts";
import { type ProtocolVersion, type WireFormat, wireForm } from "./transport/wire-format.ts";

/** Receives what a connection's client sends. It may throw {@link ProtocolError} to end the connection. */
export interface ConnectionListener {
  /** The client has its first packet. Everything sent from now on arrives after it. */
  onOpen?(): void;
  /** A text message came; it begins at `start` in `text`. */
  onText(text: string, start: number): void;
  /** A binary message came. */
  onBinary(bytes: Uint8Array): void;
  /** The connection has ended; called once, and last. */
  onClose(reason: CloseReason): void;
}

const noop = new OutgoingPacket("6");
const pong = new OutgoingPacket("3");

/** A client's connection. */
export class Connection extends ConnectionSender implements TimedConnection, TransportOwner, UpgradeOwner {
  #listener: ConnectionListener | null = null;
  readonly #heartbeat: Deadline<TimedConnection>;
  /** The secret that requests of this connection carry. Never shown to others, never logged. */
  readonly id: string;
  /** A number for logs: the connections of a server are counted from 1. */
  readonly number: number;
  /** The request that opened it. */
  readonly request: EngineRequest;
  /** The version of Engine.IO that the client speaks. */
  readonly version: ProtocolVersion;
  #upgrade: Deadline<Upgrade> | null = null;
  /**
   * The tick of the last answer to a ping: one a tick is enough, and bounds what a flood of them can fill.
   */
  #pongTick = 0;
  /** How many times it is being decided over the client. */
  #handshakes = 0;
  /** What its client is told, once it is closing. */
  #goodbye: { readonly reason: CloseReason; readonly words: string } | null = null;

  /** Takes no object: that would be an allocation for each client. */
  constructor(
    host: ConnectionHost,
    id: string,
    number: number,
    request: EngineRequest,
    version: ProtocolVersion = 4,
  ) {
    super(host);
    this.version = version;
    this.id = id;
    this.number = number;
    this.request = request;
    this.#heartbeat = new Deadline<TimedConnection>(this);
  }

  /** The transport in use. */
  get transportName(): TransportName {
    return this.transport?.name ?? "polling";
  }

  /** Measures its transports; `null` while metrics are off. */
  get meter(): ConnectionMeter | null {
    return this.host.meter;
  }

  /** Whether packets can still be sent. */
  get isOpen(): boolean {
    return this.state === "open";
  }

  /** Begins: from here on packets flow, and there is something to end. */
  open(transport: Transport, listener: ConnectionListener): void {
    this.use(transport);
    this.#listener = listener;
    this.state = "open";
    (this.version === 4 ? this.host.pings : this.host.clientPingTimeouts).add(this.#heartbeat);
  }

  /**
   * Ends the connection after what was sent before. The listener is told at once.
   *
   * @param words - what the client is told in place of the reason, where it can be; at most 123 bytes
   */
  close(reason: CloseReason, words: string = reason): void {
    const transport = this.transport;
    if (this.state !== "open" || transport === null) return;
    this.state = "closing";
    this.#goodbye = { reason, words };
    this.host.closeTimeouts.add(this.#heartbeat);
    if (!this.hasPending) this.onSent(transport);
    this.#end(reason, "");
  }

  /**
   * Ends the connection at once.
   *
   * @param detail - what exactly was wrong, where there is more to say than the reason does
   */
  terminate(reason: CloseReason, detail = ""): void {
    if (this.state === "opening" || this.state === "closed") return;
    const wasOpen = this.state === "open";
    this.state = "closed";
    this.#heartbeat.cancel();
    this.dropPending();
    this.#upgrade?.item.cancel();
    this.transport?.terminate(reason);
    // Answers over HTTP wait for their clients whatever becomes of the connection.
    if (this.transport?.name === "polling" && this.transport.bufferedBytes > 0) {
      this.host.closeTimeouts.add(this.#heartbeat);
    }
    this.host.forget(this);
    if (wasOpen) this.#end(reason, detail);
  }

  /** Called when the client has had its time to take its last packets. */
  endFarewell(): void {
    if (this.state === "closed") this.transport?.cut();
    else this.terminate("transport close");
  }

  /** It begins to be decided over the client, which may take time. */
  beginHandshake(): void {
    this.#handshakes += 1;
    this.host.onHandshake();
  }

  /** It has been decided. */
  endHandshake(): void {
    // The end of the connection was the end of it, too.
    if (this.#handshakes === 0) return;
    this.#handshakes -= 1;
    this.host.onHandshakeEnd();
  }

  /** Called when the connection has been quiet for the ping interval. */
  probe(): void {
    this.host.pongs.add(this.#heartbeat);
    this.send(this.host.pingPacket());
  }

  /** Takes a GET of the polling transport; `false` when the connection does not use it. */
  poll(exchange: HttpExchange): boolean {
    if (!(this.transport instanceof PollingTransport)) return false;
    this.transport.poll(exchange);
    return true;
  }

  /** Takes a POST of the polling transport; `false` when the connection does not use it. */
  post(exchange: HttpExchange): boolean {
    if (!(this.transport instanceof PollingTransport)) return false;
    this.transport.post(exchange).catch((error: unknown) => {
      this.host.report(error);
      this.terminate("transport error");
    });
    return true;
  }

  /** Whether a WebSocket for this connection would be welcome. */
  get canUpgrade(): boolean {
    return this.state === "open" && this.#upgrade === null && this.transport?.name === "polling";
  }

  /** Begins the change to a WebSocket; to be called only while {@link canUpgrade}. */
  beginUpgrade(link: WebSocketLink, form: WireFormat = wireForm): WebSocketListener {
    const upgrade = new Upgrade(link, this, form);
    this.#upgrade = new Deadline<Upgrade>(upgrade);
    this.host.upgrades.add(this.#upgrade);
    return form.listen(upgrade.transport);
  }

  onProbed(): void {
    if (this.transport?.writable !== true) return;
    if (this.#upgrade !== null) this.#upgrade.item.hasEndedPoll = true;
    // The client waits for this poll to end before it changes over.
    if (this.hasPending) this.flush();
    else this.transport.send(noop);
  }

  onUpgraded(transport: WebSocketTransport): void {
    this.#forgetUpgrade();
    const previous = this.transport;
    transport.owner = this;
    this.use(transport);
    if (previous instanceof PollingTransport) previous.discard();
    this.#countUpgrade();
    this.host.watchers?.get(this)?.onUpgrade();
    if (this.host.trace.active) {
      this.host.trace.publish({
        type: "connection upgrade",
        connection: this.number,
        transport: transport.name,
      });
    }
    this.flush();
  }

  onUpgradeFailed(upgrade: Upgrade): void {
    if (this.#upgrade?.item === upgrade) this.#forgetUpgrade();
  }

  onWritable(): void {
    const upgrade = this.#upgrade?.item;
    if (this.hasPending) this.flush();
    else if (upgrade?.state !== "probed") return;
    // A client that polls on, and were answered at once, would keep the server and itself busy.
    else if (upgrade.hasEndedPoll) this.host.pollEnds.add(upgrade.pollEnd);
    else this.onProbed();
  }

  onText(text: string): void {
    if (this.state !== "open") {
      // A client that has been told to go, and says goodbye itself, fetches no farewell.
      if (text === "1") this.terminate("transport close");
      return;
    }
    this.#onActivity(text);
    if (this.host.watchers !== null) this.host.watchers.get(this)?.onPacket(text, null);
    switch (text.charCodeAt(0)) {
      case 52: // 4, a message
        this.#deliver(text, null);
        break;
      case 51: // 3, a pong: it was heard, which is all that it is for
      case 54: // 6, a noop
        break;
      case 50: // 2, a ping
        this.#answerPing();
        break;
      case 49: // 1, close
        this.#release();
        this.terminate("transport close");
        break;
      default:
        if (this.version === 4 && isBase64Message(text)) this.#handBase64(text);
        else this.terminate("parse error", "an Engine.IO packet of no known type");
    }
  }

  onBinary(bytes: Uint8Array): void {
    if (this.state !== "open") return;
    this.#onActivity("");
    if (this.host.watchers !== null) this.host.watchers.get(this)?.onPacket("", bytes);
    this.#deliver("", bytes);
  }

  onTaken(): void {
    if (this.state === "closed") this.#heartbeat.cancel();
  }

  onTransportClose(reason: CloseReason, detail?: string): void {
    this.terminate(reason, detail);
  }

  #deliver(text: string, bytes: Uint8Array | null): void {
    try {
      if (bytes === null) this.#listener?.onText(text, 1);
      else this.#listener?.onBinary(bytes);
    } catch (error) {
      this.#onInvalid(error);
    }
  }

  #handBase64(text: string): void {
    let bytes: Uint8Array;
    try {
      bytes = decodeBase64Message(text);
    } catch (error) {
      this.#onInvalid(error);
      return;
    }
    this.#deliver("", bytes);
  }

  #onInvalid(error: unknown): void {
    if (isInstance(error, ProtocolError)) {
      this.terminate(error.violation, error.message);
    } else {
      this.host.report(error);
      this.terminate("parse error");
    }
  }

  /** Anything that arrives is a sign of life. */
  #onActivity(text: string): void {
    const { queue } = this.#heartbeat;
    const { pings, pongs, clientPingTimeouts, meter } = this.host;
    if (queue === pongs) {
      // A message that crossed the ping on its way is no answer to it.
      if (meter !== null && text === "3") meter.onPong(pongs.waited(this.#heartbeat));
      pings.add(this.#heartbeat);
    } else if (queue === clientPingTimeouts) {
      queue.add(this.#heartbeat);
    }
  }

  /** Only clients of version 3 may ask. */
  #answerPing(): void {
    const { tick } = this.host.outbox;
    if (this.version !== 3) this.terminate("parse error");
    else if (this.#pongTick !== tick) this.enqueue(pong);
    this.#pongTick = tick;
  }

  /**
   * Takes the next step of closing, when everything sent so far is on its way. The farewell goes alone: a
   * client of the field that reads it together with other packets closes before it has handled those, and
   * drops them.
   */
  protected onSent(transport: Transport): void {
    if (this.state === "closing" && transport.farewell !== null) {
      this.state = "leaving";
      this.enqueue(new OutgoingPacket(transport.farewell));
    } else if ((this.state === "closing" || this.state === "leaving") && this.#goodbye !== null) {
      transport.close(this.#goodbye.reason, this.#goodbye.words);
    }
  }

  /** Answers a waiting poll with an empty packet, because its client has said goodbye itself. */
  #release(): void {
    if (this.transport?.name === "polling" && this.transport.writable) this.transport.send(noop);
  }

  #forgetUpgrade(): void {
    this.#upgrade?.cancel();
    this.#upgrade = null;
  }

  #countUpgrade(): void {
    const { transports } = this.host;
    transports.upgraded += 1;
    if (this.state !== "open") return;
    transports.open.polling -= 1;
    transports.open.websocket += 1;
  }

  #end(reason: CloseReason, detail: string): void {
    const listener = this.#listener;
    this.#listener = null;
    this.host.counters.closed[reason] += 1;
    this.host.transports.open[this.transportName] -= 1;
    this.endDrain(false);
    while (this.#handshakes > 0) this.endHandshake();
    if (this.host.trace.active) {
      this.host.trace.publish({ type: "connection close", connection: this.number, reason, detail });
    }
    try {
      listener?.onClose(reason);
    } catch (error) {
      this.host.report(error);
    }
    this.host.watchers?.get(this)?.onClose(reason, detail);
  }
}

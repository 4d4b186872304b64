/**
 * One living client at the level of Engine.IO: whatever transport carries it, it takes packets in order,
 * sends packets in order, and ends once. It knows nothing of namespaces or events.
 *
 * It is longer than 400 lines because a connection is one object: with thousands of them each further object
 * costs memory, and each packet a fetch from it.
 */

import { ProtocolError } from "../base/errors.ts";
import { isInstance } from "../base/foreign-value.ts";
import { Deadline } from "../base/time/deadline-queue.ts";
import type { Trace } from "../base/trace.ts";
import type { CloseReason } from "./close-reason.ts";
import type { ConnectionTimers, TimedConnection } from "./connection-timers.ts";
import type { Counters } from "./counters.ts";
import type { TransportName } from "./engine-options.ts";
import type { Batch } from "./outbox/batch.ts";
import type { Outbox, OutboxOwner } from "./outbox/outbox.ts";
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

/** What all connections of a server share. */
export interface ConnectionHost extends ConnectionTimers {
  readonly outbox: Outbox;
  readonly trace: Trace;
  readonly counters: Counters;
  /** The most bytes that may wait for a client. */
  readonly maxOutgoingBytes: number;
  /** A heartbeat's packet, shared by all connections that are probed in the same tick. */
  pingPacket(): OutgoingPacket;
  /** It begins to be decided over a client. */
  onHandshake(): void;
  /** That has come to its end. */
  onHandshakeEnd(): void;
  /** The connection needs no more requests: it can be forgotten. */
  forget(connection: Connection): void;
  /** Reports an error that is the server's own fault. */
  report(error: unknown): void;
}

/** The state of a client that takes its packets slowly. */
class Backlog {
  /** The weight of what earlier ticks could not send. */
  weight = 0;
  /** When to try again, where the transport does not tell; `null` where that was never so. */
  retry: Deadline<TimedConnection> | null = null;
  /**
   * What may wait beyond the limit: the size of what was sent at once while less waited. Large messages are
   * no fault.
   */
  allowance = 0;
}

/**
 * While more than this waits in a transport, in bytes, packets wait here: there, each write costs some
 * hundred bytes beside its own, and here they become one.
 */
const heldBeyond = 16 * 1024;
/** What a packet costs at least while it waits, in bytes. */
const packetCost = 160;

/** Callers that wait until a client has taken everything. */
interface Drain {
  readonly deadline: Deadline<TimedConnection>;
  readonly waiting: ((drained: boolean) => void)[];
}

const noop = new OutgoingPacket("6");
const pong = new OutgoingPacket("3");

/** A client's connection. */
export class Connection implements TransportOwner, UpgradeOwner, OutboxOwner {
  // What each packet needs comes first: it shares as few of the processor's cache lines as can be.
  /** While closing, what was sent before is still to go; while leaving, only the farewell is. */
  #state: "opening" | "open" | "closing" | "leaving" | "closed" = "opening";
  #scheduled = false;
  #pending: Batch | null = null;
  #transport: Transport | null = null;
  /** The transport's own, which is written to past it: one thing less to fetch from memory. */
  #link: WebSocketLink | null = null;
  readonly #host: ConnectionHost;
  /** `null` while the client takes everything. */
  #backlog: Backlog | null = null;
  #drain: Drain | null = null;
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
  /** Why it is closing, once it is. */
  #closeReason: CloseReason = "forced close";
  #closeWords = "";

  constructor(
    host: ConnectionHost,
    id: string,
    number: number,
    request: EngineRequest,
    version: ProtocolVersion = 4,
  ) {
    this.#host = host;
    this.version = version;
    this.id = id;
    this.number = number;
    this.request = request;
    this.#heartbeat = new Deadline<TimedConnection>(this);
  }

  /** The transport in use. */
  get transportName(): TransportName {
    return this.#transport?.name ?? "polling";
  }

  /** Whether packets can still be sent. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Begins: from here on packets flow, and there is something to end. */
  open(transport: Transport, listener: ConnectionListener): void {
    this.#use(transport);
    this.#listener = listener;
    this.#state = "open";
    (this.version === 4 ? this.#host.pings : this.#host.clientPingTimeouts).add(this.#heartbeat);
  }

  #use(transport: Transport): void {
    this.#transport = transport;
    this.#link = transport.link;
  }

  /**
   * Sends a packet with the others of this tick.
   *
   * @returns whether it was taken: not after the end, and not a volatile packet that would have to wait
   */
  send(packet: OutgoingPacket): boolean {
    if (this.#state !== "open") return false;
    if (packet.volatile && this.#transport?.congested !== false) {
      this.#host.counters.volatileDropped += 1;
      return false;
    }
    this.#enqueue(packet);
    return true;
  }

  /** Hands what has gathered to the transport. Called at the end of each tick in which something was sent. */
  flush(): void {
    this.#scheduled = false;
    const batch = this.#pending;
    const transport = this.#transport;
    if (batch === null || transport === null) return;
    const link = this.#link;
    const isEasy =
      (link !== null || transport.writable) &&
      (link ?? transport).bufferedBytes === 0 &&
      batch.size <= this.#host.maxOutgoingBytes;
    if (!isEasy && !this.#checkBacklog(transport, batch)) return;
    if (isEasy && this.#backlog !== null) this.#forgetBacklog();
    this.#pending = null;
    try {
      if (link === null) transport.send(batch);
      else link.writeFrames(batch.frames);
    } catch (error) {
      this.#host.report(error);
      this.terminate("transport error");
    }
    if (this.#pending === null) this.#leave(transport);
    if (this.#drain !== null) this.checkDrain();
  }

  /**
   * Checks the packets that wait for a slow client, or for one that is sent much. Returns whether to send the
   * batch now.
   */
  #checkBacklog(transport: Transport, batch: Batch): boolean {
    this.#backlog ??= new Backlog();
    const backlog = this.#backlog;
    const { maxOutgoingBytes } = this.#host;
    // A client that has not polled again is still taking its latest answer.
    const untaken = transport.writable ? transport.bufferedBytes : 0;
    const isHeld = !transport.writable || untaken > heldBeyond;
    const held = isHeld ? backlog.weight : 0;
    const weight = Math.max(batch.size, packetCost * batch.length);
    // What this tick adds does not count yet: the client had no time to take it.
    const waiting = untaken + held;
    if (waiting <= maxOutgoingBytes) {
      const added = weight - held;
      backlog.allowance = added > maxOutgoingBytes ? added : 0;
    } else if (waiting > maxOutgoingBytes + backlog.allowance) {
      this.terminate("slow consumer", `${waiting} bytes wait, more than ${maxOutgoingBytes}`);
      return false;
    }
    backlog.weight = isHeld ? weight : 0;
    if (isHeld && transport.writable) this.#retryLater(backlog);
    else backlog.retry?.cancel();
    return !isHeld;
  }

  /** Called from time to time while packets are held back. */
  retry(): void {
    if (this.#backlog !== null && (this.#transport?.bufferedBytes ?? 0) > heldBeyond) {
      this.#retryLater(this.#backlog);
    } else {
      this.flush();
    }
  }

  #retryLater(backlog: Backlog): void {
    backlog.retry ??= new Deadline<TimedConnection>(this);
    this.#host.retries.add(backlog.retry);
  }

  #forgetBacklog(): void {
    this.#backlog?.retry?.cancel();
    this.#backlog = null;
  }

  /** Bytes that were sent to the client and that it has not taken. */
  get bufferedBytes(): number {
    return (this.#pending?.size ?? 0) + ((this.#link ?? this.#transport)?.bufferedBytes ?? 0);
  }

  /**
   * Resolves to `true` when nothing waits for the client any more, to `false` when the connection has ended.
   */
  drained(): Promise<boolean> {
    if (this.#state !== "open") return Promise.resolve(false);
    if (this.bufferedBytes === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#drain ??= { deadline: new Deadline<TimedConnection>(this), waiting: [] };
      this.#drain.waiting.push(resolve);
      this.#host.drains.add(this.#drain.deadline);
    });
  }

  /** Called from time to time while a caller waits until the client has taken everything. */
  checkDrain(): void {
    if (this.#drain === null) return;
    if (this.bufferedBytes > 0) this.#host.drains.add(this.#drain.deadline);
    else this.#endDrain(true);
  }

  /**
   * Ends the connection after what was sent before. The listener is told at once.
   *
   * @param words - what the client is told in place of the reason, where it can be; at most 123 bytes
   */
  close(reason: CloseReason, words: string = reason): void {
    const transport = this.#transport;
    if (this.#state !== "open" || transport === null) return;
    this.#state = "closing";
    this.#closeReason = reason;
    this.#closeWords = words;
    this.#host.closeTimeouts.add(this.#heartbeat);
    if (this.#pending === null) this.#leave(transport);
    this.#end(reason, "");
  }

  /**
   * Ends the connection at once.
   *
   * @param detail - what exactly was wrong, where there is more to say than the reason does
   */
  terminate(reason: CloseReason, detail = ""): void {
    if (this.#state === "opening" || this.#state === "closed") return;
    const wasOpen = this.#state === "open";
    this.#state = "closed";
    this.#heartbeat.cancel();
    this.#pending = null;
    this.#forgetBacklog();
    this.#upgrade?.item.cancel();
    this.#transport?.terminate(reason);
    // Answers over HTTP wait for their clients whatever becomes of the connection.
    if (this.#transport?.name === "polling" && this.#transport.bufferedBytes > 0) {
      this.#host.closeTimeouts.add(this.#heartbeat);
    }
    this.#host.forget(this);
    if (wasOpen) this.#end(reason, detail);
  }

  /** Called when the client has had its time to take its last packets. */
  endFarewell(): void {
    if (this.#state === "closed") this.#transport?.cut();
    else this.terminate("transport close");
  }

  /** It begins to be decided over the client, which may take time. */
  beginHandshake(): void {
    this.#handshakes += 1;
    this.#host.onHandshake();
  }

  /** It has been decided. */
  endHandshake(): void {
    // The end of the connection was the end of it, too.
    if (this.#handshakes === 0) return;
    this.#handshakes -= 1;
    this.#host.onHandshakeEnd();
  }

  /** Called when the connection has been quiet for the ping interval. */
  probe(): void {
    this.#host.pongs.add(this.#heartbeat);
    this.send(this.#host.pingPacket());
  }

  /** Takes a GET of the polling transport; `false` when the connection does not use it. */
  poll(exchange: HttpExchange): boolean {
    if (!(this.#transport instanceof PollingTransport)) return false;
    this.#transport.poll(exchange);
    return true;
  }

  /** Takes a POST of the polling transport; `false` when the connection does not use it. */
  post(exchange: HttpExchange): boolean {
    if (!(this.#transport instanceof PollingTransport)) return false;
    this.#transport.post(exchange).catch((error: unknown) => {
      this.#host.report(error);
      this.terminate("transport error");
    });
    return true;
  }

  /** Whether a WebSocket for this connection would be welcome. */
  get canUpgrade(): boolean {
    return this.#state === "open" && this.#upgrade === null && this.#transport?.name === "polling";
  }

  /** Begins the change to a WebSocket; to be called only while {@link canUpgrade}. */
  beginUpgrade(link: WebSocketLink, form: WireFormat = wireForm): WebSocketListener {
    const upgrade = new Upgrade(link, this, form);
    this.#upgrade = new Deadline<Upgrade>(upgrade);
    this.#host.upgrades.add(this.#upgrade);
    return form.listen(upgrade.transport);
  }

  onProbed(): void {
    if (this.#transport?.writable !== true) return;
    if (this.#upgrade !== null) this.#upgrade.item.hasEndedPoll = true;
    // The client waits for this poll to end before it changes over.
    if (this.#pending === null) this.#transport.send(noop);
    else this.flush();
  }

  onUpgraded(transport: WebSocketTransport): void {
    this.#forgetUpgrade();
    const previous = this.#transport;
    transport.owner = this;
    this.#use(transport);
    if (previous instanceof PollingTransport) previous.discard();
    if (this.#host.trace.active) {
      this.#host.trace.publish({
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
    if (this.#pending !== null) this.flush();
    else if (upgrade?.state !== "probed") return;
    // A client that polls on, and were answered at once, would keep the server and itself busy.
    else if (upgrade.hasEndedPoll) this.#host.pollEnds.add(upgrade.pollEnd);
    else this.onProbed();
  }

  onText(text: string): void {
    if (this.#state !== "open") {
      // A client that has been told to go, and says goodbye itself, fetches no farewell.
      if (text === "1") this.terminate("transport close");
      return;
    }
    this.#onActivity();
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
    if (this.#state !== "open") return;
    this.#onActivity();
    this.#deliver("", bytes);
  }

  onTaken(): void {
    if (this.#state === "closed") this.#heartbeat.cancel();
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
      this.#host.report(error);
      this.terminate("parse error");
    }
  }

  /** Anything that arrives is a sign of life. */
  #onActivity(): void {
    const { queue } = this.#heartbeat;
    if (queue === this.#host.pongs) this.#host.pings.add(this.#heartbeat);
    else if (queue === this.#host.clientPingTimeouts) queue.add(this.#heartbeat);
  }

  /** Only clients of version 3 may ask. */
  #answerPing(): void {
    const { tick } = this.#host.outbox;
    if (this.version !== 3) this.terminate("parse error");
    else if (this.#pongTick !== tick) this.#enqueue(pong);
    this.#pongTick = tick;
  }

  #enqueue(packet: OutgoingPacket): void {
    this.#pending = this.#host.outbox.append(this.#pending, packet);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#host.outbox.schedule(this);
  }

  /**
   * Takes the next step of closing, when everything sent so far is on its way. The farewell goes alone: a
   * client of the field that reads it together with other packets closes before it has handled those, and
   * drops them.
   */
  #leave(transport: Transport): void {
    if (this.#state === "closing" && transport.farewell !== null) {
      this.#state = "leaving";
      this.#enqueue(new OutgoingPacket(transport.farewell));
    } else if (this.#state === "closing" || this.#state === "leaving") {
      transport.close(this.#closeReason, this.#closeWords);
    }
  }

  /** Answers a waiting poll with an empty packet, because its client has said goodbye itself. */
  #release(): void {
    if (this.#transport?.name === "polling" && this.#transport.writable) this.#transport.send(noop);
  }

  #endDrain(drained: boolean): void {
    const drain = this.#drain;
    if (drain === null) return;
    this.#drain = null;
    drain.deadline.cancel();
    for (const resolve of drain.waiting) resolve(drained);
  }

  #forgetUpgrade(): void {
    this.#upgrade?.cancel();
    this.#upgrade = null;
  }

  #end(reason: CloseReason, detail: string): void {
    const listener = this.#listener;
    this.#listener = null;
    this.#host.counters.closed[reason] += 1;
    this.#endDrain(false);
    while (this.#handshakes > 0) this.endHandshake();
    if (this.#host.trace.active) {
      this.#host.trace.publish({ type: "connection close", connection: this.number, reason, detail });
    }
    try {
      listener?.onClose(reason);
    } catch (error) {
      this.#host.report(error);
    }
  }
}

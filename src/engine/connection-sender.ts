/**
 * The sending half of a connection: gathers the packets of a tick, hands them to the transport at its end,
 * and watches how much waits for the client.
 *
 *     send → the batch of this tick → flush → transport       the client takes everything
 *                                           → backlog         it does not: packets wait, up to a limit
 *
 * It is the base of a connection and no object beside it: with thousands of connections each further object
 * costs memory, and each packet a fetch from it.
 */

import { Deadline } from "../base/time/deadline-queue.ts";
import type { CloseReason } from "./close-reason.ts";
import type { ConnectionHost } from "./connection-host.ts";
import type { SlowConnection } from "./connection-timers.ts";
import { Backlog, heldBeyond } from "./outbox/backlog.ts";
import type { Batch } from "./outbox/batch.ts";
import type { OutboxOwner } from "./outbox/outbox.ts";
import type { OutgoingPacket } from "./outbox/outgoing-packet.ts";
import type { Frames, WebSocketLink } from "./ports.ts";
import { frameBytes } from "./transport/traffic.ts";
import type { Transport } from "./transport/transport.ts";

/**
 * Where a connection stands. While closing, what was sent before is still to go; while leaving, only the
 * farewell is.
 */
export type ConnectionState = "opening" | "open" | "closing" | "leaving" | "closed";

/** Callers that wait until a client has taken everything. */
interface PendingDrain {
  readonly deadline: Deadline<SlowConnection>;
  readonly waiting: ((drained: boolean) => void)[];
}

/** What sends a connection's packets. */
export abstract class ConnectionSender implements OutboxOwner, SlowConnection {
  // What each packet needs comes first: it shares as few of the processor's cache lines as can be.
  protected state: ConnectionState = "opening";
  #scheduled = false;
  #pending: Batch | null = null;
  /** The transport in use; `null` before the first. */
  protected transport: Transport | null = null;
  /** The transport's own, which is written to past it: one thing less to fetch from memory. */
  #link: WebSocketLink | null = null;
  protected readonly host: ConnectionHost;
  /** `null` while the client takes everything. */
  #backlog: Backlog | null = null;
  #drain: PendingDrain | null = null;

  constructor(host: ConnectionHost) {
    this.host = host;
  }

  /** Ends the connection at once. */
  abstract terminate(reason: CloseReason, detail?: string): void;

  /** All packets have been handed to the transport. */
  protected abstract onSent(transport: Transport): void;

  /** Whether packets wait for the end of the tick or for the transport. */
  protected get hasPending(): boolean {
    return this.#pending !== null;
  }

  /** Sends over a transport from now on. */
  protected use(transport: Transport): void {
    this.transport = transport;
    this.#link = transport.link;
  }

  /**
   * Sends a packet with the others of this tick.
   *
   * @returns whether it was taken: not after the end, and not a volatile packet that would have to wait
   */
  send(packet: OutgoingPacket): boolean {
    if (this.state !== "open") return false;
    if (packet.volatile && this.transport?.congested !== false) {
      this.host.counters.volatileDropped += 1;
      return false;
    }
    this.enqueue(packet);
    return true;
  }

  protected enqueue(packet: OutgoingPacket): void {
    if (this.host.watchers !== null) this.host.watchers.get(this)?.onCreate(packet);
    this.#pending = this.host.outbox.append(this.#pending, packet);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.host.outbox.schedule(this);
  }

  /** Hands what has gathered to the transport. Called at the end of each tick in which something was sent. */
  flush(): void {
    this.#scheduled = false;
    const batch = this.#pending;
    const transport = this.transport;
    if (batch === null || transport === null) return;
    const link = this.#link;
    const isEasy =
      (link !== null || transport.writable) &&
      (link ?? transport).bufferedBytes === 0 &&
      batch.size <= this.host.maxOutgoingBytes;
    if (!isEasy && !this.#checkBacklog(transport, batch)) return;
    if (isEasy && this.#backlog !== null) this.#forgetBacklog();
    this.#pending = null;
    try {
      if (link === null) transport.send(batch);
      else this.#write(link, batch.frames);
    } catch (error) {
      this.host.report(error);
      this.terminate("transport error");
    }
    if (this.#pending === null) {
      if (this.host.watchers !== null) this.host.watchers.get(this)?.onDrain();
      this.onSent(transport);
    }
    if (this.#drain !== null) this.checkDrain();
  }

  #write(link: WebSocketLink, frames: Frames): void {
    link.writeFrames(frames);
    this.host.meter?.onSent("websocket", frameBytes(frames));
  }

  /**
   * Checks the packets that wait for a slow client, or for one that is sent much. Returns whether to send the
   * batch now.
   */
  #checkBacklog(transport: Transport, batch: Batch): boolean {
    this.#backlog ??= new Backlog();
    const backlog = this.#backlog;
    const { maxOutgoingBytes } = this.host;
    // A client that has not polled again is still taking its latest answer.
    const untaken = transport.writable ? transport.bufferedBytes : 0;
    const isHeld = !transport.writable || untaken > heldBeyond;
    const excess = backlog.excess(batch, isHeld, untaken, maxOutgoingBytes);
    if (excess > 0) {
      this.terminate("slow consumer", `${excess} bytes wait, more than ${maxOutgoingBytes}`);
      return false;
    }
    if (isHeld && transport.writable) this.#retryLater(backlog);
    else backlog.retry?.cancel();
    return !isHeld;
  }

  /** Called from time to time while packets are held back. */
  retry(): void {
    if (this.#backlog !== null && (this.transport?.bufferedBytes ?? 0) > heldBeyond) {
      this.#retryLater(this.#backlog);
    } else {
      this.flush();
    }
  }

  #retryLater(backlog: Backlog): void {
    backlog.retry ??= new Deadline<SlowConnection>(this);
    this.host.retries.add(backlog.retry);
  }

  #forgetBacklog(): void {
    this.#backlog?.retry?.cancel();
    this.#backlog = null;
  }

  /** Drops what has not been handed to the transport. */
  protected dropPending(): void {
    this.#pending = null;
    this.#forgetBacklog();
  }

  /** Bytes that were sent to the client and that it has not taken. */
  get bufferedBytes(): number {
    return (this.#pending?.size ?? 0) + ((this.#link ?? this.transport)?.bufferedBytes ?? 0);
  }

  /** Whether the transport takes a packet at this moment. */
  get isWritable(): boolean {
    return this.transport?.writable === true && this.bufferedBytes === 0;
  }

  /**
   * Resolves to `true` when nothing waits for the client any more, to `false` when the connection has ended.
   */
  drained(): Promise<boolean> {
    if (this.state !== "open") return Promise.resolve(false);
    if (this.bufferedBytes === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#drain ??= { deadline: new Deadline<SlowConnection>(this), waiting: [] };
      this.#drain.waiting.push(resolve);
      this.host.drains.add(this.#drain.deadline);
    });
  }

  /** Called from time to time while a caller waits until the client has taken everything. */
  checkDrain(): void {
    if (this.#drain === null) return;
    if (this.bufferedBytes > 0) this.host.drains.add(this.#drain.deadline);
    else this.endDrain(true);
  }

  /** Answers the callers that wait until the client has taken everything. */
  protected endDrain(drained: boolean): void {
    const drain = this.#drain;
    if (drain === null) return;
    this.#drain = null;
    drain.deadline.cancel();
    for (const resolve of drain.waiting) resolve(drained);
  }
}

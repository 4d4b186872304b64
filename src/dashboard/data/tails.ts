/**
 * The clients of this process that pages watch. It listens to the server while there are any, and forgets a
 * client some seconds after the last page has asked for it.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import type { TraceEvent } from "../../base/trace.ts";
import type { Hub } from "../../core/hub.ts";
import type { Target } from "../../core/model/target.ts";
import { decodeEvent } from "../../core/packet/event-packet.ts";
import type { ClientName, TailPart } from "../api.ts";
import { ClientTail } from "./client-tail.ts";
import { previewAll } from "./preview.ts";

/** How long a client is watched for a page that does not ask again, in ms. */
const patience = 15_000;
/** How long entries are gathered before they are told, in ms. */
const gathering = 100;
/** The most clients that are watched at the same time. */
const maxTails = 50;
/** The most characters of an event's arguments. */
const maxPayload = 2000;

/** See the head of this file. */
export class Tails {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #showsPayloads: boolean;
  readonly #tails = new Map<string, ClientTail>();
  #stopListening: (() => void) | null = null;
  #sweep: Timer | null = null;

  /**
   * @param hub - the clients
   * @param clock - tells the time
   * @param showsPayloads - whether arguments of events are told
   */
  constructor(hub: Hub, clock: Clock, showsPayloads: boolean) {
    this.#hub = hub;
    this.#clock = clock;
    this.#showsPayloads = showsPayloads;
  }

  /** How many clients are watched. */
  get size(): number {
    return this.#tails.size;
  }

  /**
   * What happened to a client; waits for something where there is nothing yet.
   *
   * @param after - the number from the answer before; 0 to begin
   * @param wait - how long to wait at most, in ms
   * @returns `null` where this process does not have the client
   */
  async read({ namespace, sid }: ClientName, after: number, wait: number): Promise<TailPart | null> {
    const key = keyOf(namespace, sid);
    let tail = this.#tails.get(key);
    if (tail === undefined) {
      if (this.#hub.namespaces.find(namespace, sid) === undefined) return null;
      if (this.#tails.size >= maxTails) this.#forgetOldest();
      tail = new ClientTail(this.#clock.now());
      this.#tails.set(key, tail);
      this.#listen();
    }
    tail.readAt = this.#clock.now();
    // A page may know a number of another process, which had the client before.
    const from = after > tail.next ? 0 : after;
    const part = tail.since(from);
    // The first answer comes at once: it tells the page where to go on.
    if (from === 0 || part.entries.length > 0 || part.ended || wait === 0) return part;
    await this.#somethingHappens(tail, wait);
    tail.readAt = this.#clock.now();
    return tail.since(from);
  }

  /** Forgets all clients. */
  close(): void {
    for (const tail of this.#tails.values()) tail.end();
    this.#tails.clear();
    this.#stopListening?.();
    this.#stopListening = null;
    this.#sweep?.cancel();
    this.#sweep = null;
  }

  /** Settles a moment after something has happened, or when the time is over. */
  #somethingHappens(tail: ClientTail, wait: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = tail.wait(() => {
        timer.cancel();
        // A client that has left, or a server that stops, has nothing more to tell.
        if (tail.hasEnded) resolve();
        else this.#clock.after(gathering, resolve);
      });
      const timer = this.#clock.after(wait, () => {
        stop();
        resolve();
      });
    });
  }

  #listen(): void {
    this.#sweep ??= this.#clock.after(patience, () => this.#forgetUnread());
    if (this.#stopListening !== null) return;
    const stopTrace = this.#hub.trace.listen((event) => this.#onTrace(event));
    const stopEvents = this.#hub.outgoing.listen((event, args, target) => this.#onSent(target, event, args));
    const stopForeign = this.#hub.namespaces.foreignEvents.listen((target, encoded) => {
      const [event, ...args] = decodeEvent(encoded);
      this.#onSent(target, event, args);
    });
    this.#stopListening = () => {
      stopTrace();
      stopEvents();
      stopForeign();
    };
  }

  #forgetUnread(): void {
    const limit = this.#clock.now() - patience;
    for (const [key, tail] of this.#tails) if (tail.readAt <= limit) this.#tails.delete(key);
    this.#sweep = null;
    if (this.#tails.size === 0) this.close();
    else this.#sweep = this.#clock.after(patience, () => this.#forgetUnread());
  }

  #forgetOldest(): void {
    const [oldest] = [...this.#tails].toSorted(([, a], [, b]) => a.readAt - b.readAt);
    if (oldest !== undefined) this.#tails.delete(oldest[0]);
  }

  /** An event was sent, by this process or another one. */
  #onSent(target: Target, event: string, args: readonly unknown[]): void {
    for (const [key, tail] of this.#tails) {
      const { namespace, sid } = nameOf(key);
      if (namespace !== target.namespace || target.skip?.includes(sid) === true) continue;
      const socket = this.#hub.namespaces.find(namespace, sid);
      if (socket === undefined) continue;
      const isMeant =
        target.sid === null
          ? (target.rooms?.some((room) => room === sid || socket.rooms.has(room)) ?? true)
          : target.sid === sid;
      if (!isMeant) continue;
      const to = target.sid ?? target.rooms?.join(", ") ?? "everyone";
      tail.add({ kind: "out", name: event, payload: this.#payload(args), to: to === sid ? null : to });
    }
  }

  #onTrace(event: TraceEvent): void {
    if (!("sid" in event)) return;
    const tail = this.#tails.get(keyOf(event.namespace, event.sid));
    if (tail === undefined) return;
    switch (event.type) {
      case "event received":
        tail.add({ kind: "in", name: event.event, payload: this.#payload(event.args), to: null });
        break;
      case "room joined":
      case "room left":
        tail.add({ kind: event.type, name: event.room, payload: null, to: null });
        break;
      case "socket connect":
        tail.resume();
        break;
      case "socket disconnect":
        tail.add({ kind: "disconnect", name: event.reason, payload: null, to: null });
        tail.end();
    }
  }

  #payload(args: readonly unknown[]): string | null {
    return this.#showsPayloads ? previewAll(args, maxPayload) : null;
  }
}

function keyOf(namespace: string, sid: string): string {
  return `${sid} ${namespace}`;
}

function nameOf(key: string): ClientName {
  const end = key.indexOf(" ");
  return { sid: key.slice(0, end), namespace: key.slice(end + 1) };
}

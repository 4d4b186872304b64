/**
 * The events of a recoverable namespace in the memory of this process.
 *
 * One list of all events serves the bounds, and one list for each room lets a returning client look at its
 * own events only. All is lost when the process ends.
 */

import { generateId } from "../../base/id.ts";
import { Fifo } from "../../base/queue/fifo.ts";
import type { Clock, Timer } from "../../base/time/clock.ts";
import type { OutgoingPacket } from "../../engine/outbox/outgoing-packet.ts";
import { formatCursor, type StreamPosition } from "../model/stream-position.ts";
import type { Target } from "../model/target.ts";
import type { Turn } from "../socket/turn.ts";
import type {
  Found,
  RecoverableEvent,
  RecoveryLog,
  RecoveryLogOwner,
  RecoverySession,
  Resumption,
} from "./recovery-log.ts";

/** How much is kept. */
export interface MemoryBounds {
  /** Events. */
  readonly maxEvents: number;
  /** Bytes, approximately: see {@link costOf}. */
  readonly maxBytes: number;
  /** How long an event is kept, in ms. */
  readonly retention: number;
}

interface Entry {
  readonly number: number;
  readonly at: number;
  readonly packet: OutgoingPacket;
  readonly skip: readonly string[] | null;
  readonly rooms: readonly RoomLog[];
}

/** The events of one room with members. */
class RoomLog {
  readonly entries = new Fifo<Entry>();
  /** The number of the latest event that was forgotten here. */
  forgotten = 0;
  /** The number of the latest event that left out the room's members. */
  lastExclusion = 0;
  /** How many clients are in the room, including those that are away. */
  members = 0;

  /** The number of the latest event that was ever here. */
  get last(): number {
    return this.entries.at(this.entries.length - 1)?.number ?? this.forgotten;
  }

  /** Adds the events after `from` and up to `to` to `found`; `false` when some of them are forgotten. */
  read(from: number, to: number, found: Entry[]): boolean {
    if (this.forgotten > from && from < to) return false;
    let low = 0;
    for (let high = this.entries.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((this.entries.at(middle)?.number ?? 0) > from) high = middle;
      else low = middle + 1;
    }
    for (let entry = this.entries.at(low); entry !== undefined && entry.number <= to; ) {
      found.push(entry);
      low += 1;
      entry = this.entries.at(low);
    }
    return true;
  }
}

/** The time of a client in a room. */
interface Membership {
  readonly log: RoomLog;
  /** The number of the latest event when the client joined. */
  readonly from: number;
}

/** What the log knows of one client. */
interface Whereabouts<Session> {
  readonly session: Session;
  readonly start: number;
  /** Events for this client alone. */
  readonly own: RoomLog;
  readonly stays: Map<string, Membership>;
  /**
   * Ended memberships with events for the room or without its members, each with the number of the latest.
   */
  past: { readonly room: string; readonly stay: Membership; readonly to: number }[];
  /** A client that returns with an earlier position may have missed events that are forgotten. */
  floor: number;
}

/** How many ended memberships of a client are remembered. */
const maxPastStays = 16;

/** A log in the memory of this process. */
export class MemoryRecoveryLog<Session extends RecoverySession> implements RecoveryLog<Session> {
  readonly #epoch = generateId().slice(0, 8);
  readonly #owner: RecoveryLogOwner;
  readonly #clock: Clock;
  readonly #bounds: MemoryBounds;
  readonly #entries = new Fifo<Entry>();
  readonly #everyone = new RoomLog();
  readonly #rooms = new Map<string, RoomLog>();
  /** The clients by `pid`. */
  readonly #clients = new Map<string, Whereabouts<Session>>();
  /** Events for one client, by sid. */
  readonly #own = new Map<string, RoomLog>();
  #head = 0;
  #bytes = 0;
  #timer: Timer | null = null;

  /**
   * @param owner - the namespace
   * @param bounds - how much to keep
   * @param clock - tells the time
   */
  constructor(owner: RecoveryLogOwner, bounds: MemoryBounds, clock: Clock) {
    this.#owner = owner;
    this.#bounds = bounds;
    this.#clock = clock;
  }

  get cursor(): string {
    return formatCursor(this.#epoch, this.#head);
  }

  get number(): number {
    return this.#head;
  }

  /** The number of events that are kept. */
  get size(): number {
    return this.#entries.length;
  }

  append(event: RecoverableEvent): number {
    const number = this.#head + 1;
    const encoded = this.#owner.encode(event, formatCursor(this.#epoch, number));
    this.#head = number;
    const rooms = this.#logsOf(event.target);
    const packet = rooms.length > 0 ? encoded.owned() : encoded;
    const { skip } = event.target;
    // An event for no client, here or away, is not kept: a client that joins later must not get it.
    if (rooms.length > 0) {
      this.#keep({ number, at: this.#clock.now(), packet, skip, rooms });
      if (skip !== null) this.#noteExclusions(skip, number);
    }
    return this.#owner.deliver(event, packet);
  }

  open(session: Session): void {
    const own = new RoomLog();
    this.#own.set(session.sid, own);
    this.#clients.set(session.pid, {
      session,
      start: this.#head,
      own,
      stays: new Map(),
      past: [],
      floor: this.#head,
    });
  }

  join({ pid }: Session, room: string): void {
    const client = this.#clients.get(pid);
    if (client === undefined || client.stays.has(room)) return;
    let log = this.#rooms.get(room);
    if (log === undefined) {
      log = new RoomLog();
      this.#rooms.set(room, log);
    }
    log.members += 1;
    client.stays.set(room, { log, from: this.#head });
  }

  leave({ pid }: Session, room: string): void {
    const client = this.#clients.get(pid);
    const stay = client?.stays.get(room);
    if (client === undefined || stay === undefined) return;
    client.stays.delete(room);
    this.#exit(room, stay);
    const last = Math.max(stay.log.last, stay.log.lastExclusion);
    if (last <= stay.from) return;
    client.past.push({ room, stay, to: last });
    if (client.past.length > maxPastStays)
      client.floor = Math.max(client.floor, client.past.shift()?.to ?? 0);
  }

  rooms({ pid }: Session): string[] {
    return [...(this.#clients.get(pid)?.stays.keys() ?? [])];
  }

  close({ pid, sid }: Session): void {
    const client = this.#clients.get(pid);
    if (client === undefined) return;
    this.#clients.delete(pid);
    this.#own.delete(sid);
    for (const [room, stay] of client.stays) this.#exit(room, stay);
  }

  /** Nothing changes in memory. */
  rest(): void {}

  note(): void {}

  /** No other process needs to know. */
  kept(): null {
    return null;
  }

  /** Every event has its number. */
  lose(): void {}

  /** Events are delivered at once. */
  get isBehind(): boolean {
    return false;
  }

  follow(turn: Turn): void {
    turn.take();
  }

  underWay(): [] {
    return [];
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#clients.clear();
    this.#own.clear();
    this.#rooms.clear();
    // A handler may still run for the client: its session must not keep these events in memory.
    this.#forget(Number.POSITIVE_INFINITY);
  }

  find(pid: string, cursor: StreamPosition | null, done: (found: Found<Session> | null) => void): void {
    const client = this.#clients.get(pid);
    if (client === undefined) {
      done(null);
      return;
    }
    const { session } = client;
    const isWhole = this.#missed(client, this.#numberOf(client, cursor)) !== null;
    done({ session, sid: session.sid, rooms: this.rooms(session), record: null, isWhole });
  }

  resume(
    pid: string,
    cursor: StreamPosition | null,
    draft: Session | null,
    done: (resumption: Resumption<Session>) => void,
  ): void {
    const client = this.#clients.get(pid);
    if (client === undefined) {
      done({ session: null, missed: null, numbers: [] });
      return;
    }
    if (draft !== null) this.#absorb(client, draft);
    const missed = this.#missed(client, this.#numberOf(client, cursor));
    done({
      session: client.session,
      missed: missed?.map(({ packet }) => packet) ?? null,
      numbers: missed?.map(({ number }) => number) ?? [],
    });
  }

  /** Adds the rooms of another client from the same numbers on, and the other client's own room. */
  #absorb({ stays }: Whereabouts<Session>, draft: Session): void {
    const other = this.#clients.get(draft.pid);
    if (other === undefined) return;
    for (const [room, stay] of other.stays) {
      if (stays.has(room)) continue;
      stay.log.members += 1;
      stays.set(room, stay);
    }
    if (stays.has(draft.sid)) return;
    other.own.members += 1;
    stays.set(draft.sid, { log: other.own, from: other.start });
  }

  /**
   * The position of a client. Once a client has received an event its cursor is in this epoch, so a cursor of
   * another epoch, or a smaller number, comes from an earlier session.
   */
  #numberOf({ start }: Whereabouts<Session>, cursor: StreamPosition | null): number {
    return cursor === null || cursor.epoch !== this.#epoch ? start : Math.max(cursor.number, start);
  }

  #missed(client: Whereabouts<Session>, number: number): Entry[] | null {
    // No client can have received an event that was not sent yet.
    if (number > this.#head || number < client.floor) return null;
    const found: Entry[] = [];
    const complete =
      this.#everyone.read(number, this.#head, found) &&
      client.own.read(number, this.#head, found) &&
      [...client.stays.values()].every(({ log, from }) =>
        log.read(Math.max(number, from), this.#head, found),
      ) &&
      client.past.every(({ stay: { log, from }, to }) => log.read(Math.max(number, from), to, found));
    if (!complete) return null;
    found.sort((one, other) => one.number - other.number);
    const { sid } = client.session;
    const wasIn = (name: string, sent: number) =>
      (client.stays.get(name)?.from ?? sent) < sent ||
      client.past.some(({ room, stay, to }) => room === name && stay.from < sent && sent <= to);
    const isLeftOut = ({ number: sent, skip }: Entry) =>
      skip?.some((name) => name === sid || wasIn(name, sent)) === true;
    return found.filter((entry, index) => entry !== found[index - 1] && !isLeftOut(entry));
  }

  /** A client that leaves a room later was in it when an event left out its members. */
  #noteExclusions(names: readonly string[], number: number): void {
    for (const name of names) {
      const room = this.#rooms.get(name);
      if (room !== undefined) room.lastExclusion = number;
    }
  }

  #exit(room: string, { log }: Membership): void {
    log.members -= 1;
    if (log.members === 0) this.#rooms.delete(room);
  }

  #logsOf({ sid, rooms }: Target): readonly RoomLog[] {
    if (sid !== null) return present(this.#own.get(sid));
    if (rooms === null) return this.#clients.size > 0 ? [this.#everyone] : [];
    const logs = new Set(
      rooms.flatMap((room) => [...present(this.#rooms.get(room)), ...present(this.#own.get(room))]),
    );
    return [...logs];
  }

  #keep(entry: Entry): void {
    for (const room of entry.rooms) room.entries.push(entry);
    this.#entries.push(entry);
    this.#bytes += costOf(entry);
    this.#forget(entry.at);
    if (this.#timer === null && this.size > 0) this.#wait(this.#bounds.retention);
  }

  #forget(now: number): void {
    const { maxEvents, maxBytes, retention } = this.#bounds;
    for (let entry = this.#entries.at(0); entry !== undefined; entry = this.#entries.at(0)) {
      if (this.size <= maxEvents && this.#bytes <= maxBytes && entry.at + retention > now) break;
      this.#entries.shift();
      this.#bytes -= costOf(entry);
      for (const room of entry.rooms) {
        room.entries.shift();
        room.forgotten = entry.number;
      }
    }
  }

  #wait(milliseconds: number): void {
    this.#timer = this.#clock.after(milliseconds, () => {
      this.#timer = null;
      const now = this.#clock.now();
      this.#forget(now);
      const oldest = this.#entries.at(0);
      if (oldest !== undefined) this.#wait(oldest.at + this.#bounds.retention - now);
    });
  }
}

function present(log: RoomLog | undefined): readonly RoomLog[] {
  return log === undefined ? [] : [log];
}
/**
 * The memory of an event beside its packet, in bytes, for each room that gets it and each client that is left
 * out.
 */
const placeCost = 64;

/** The memory of an event, in bytes: its text, its frames, and the objects around them. */
function costOf({ packet, rooms, skip }: Entry): number {
  return packet.weight + placeCost * (rooms.length + (skip?.length ?? 0));
}

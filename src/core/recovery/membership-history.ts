/**
 * Tells which events of a namespace's stream are for one client: its rooms, with the offsets of joining and
 * leaving.
 *
 * As plain data it moves with the client from process to process. It knows no broker.
 */

import type { Target } from "../model/target.ts";

/** The time of a client in a room: events after `from`, up to and including `to`, are for it. */
export type StayData = readonly [room: string, from: number, to: number];

/** A room that a client is in: events after `from` are for it. Rooms are in the order of their `place`. */
export type OpenStayData = readonly [room: string, from: number, place: number];

/** What has changed in the rooms of a client. */
export interface StayChanges {
  readonly set: readonly OpenStayData[];
  readonly ended: readonly string[];
}

/** {@link MembershipHistory} as plain data without the current rooms, of which there may be many. */
export interface WhereaboutsData {
  readonly start: number;
  readonly past: readonly StayData[];
  readonly floor: number;
  readonly last: number;
}

/** Sets an offset that the broker has assigned. */
export type SetNumber = (number: number) => void;

interface Membership {
  readonly room: string;
  /** Counts the rooms that the client has joined. */
  readonly place: number;
  from: number;
  to: number;
}

/** Takes the place of an offset that the broker has not assigned yet: no event comes after it. */
const later = Number.POSITIVE_INFINITY;

/** How many ended memberships of a client are remembered. */
const maxPastStays = 16;

/** The rooms of one client, now and before. */
export class MembershipHistory {
  readonly sid: string;
  /** The latest offset of an event that may be for the client. */
  last = 0;
  #start = later;
  readonly #stays = new Map<string, Membership>();
  /** Rooms that have changed since the changes were last taken. */
  #changed = new Set<string>();
  #lastPlace = 0;
  /** The place of the last room when the changes were last taken: later rooms are not stored. */
  #storedPlace = 0;
  #past: Membership[] = [];
  #floor = 0;

  /** @param sid - the client's public id, which also names a room */
  constructor(sid: string) {
    this.sid = sid;
  }

  /** Restores it from plain data. */
  static from(
    sid: string,
    { start, past, floor, last }: WhereaboutsData,
    stays: readonly OpenStayData[],
  ): MembershipHistory {
    const made = new MembershipHistory(sid);
    made.begin(start);
    // Brokers may return the rooms in another order.
    const inOrder = [...stays].sort(([, , one], [, , other]) => one - other);
    for (const [room, from, place] of inOrder) {
      made.#stays.set(room, { room, from, to: later, place });
      made.#lastPlace = place;
    }
    made.#storedPlace = made.#lastPlace;
    made.#past = past.map(([room, from, to]) => ({ room, from, to, place: 0 }));
    made.#floor = floor;
    made.last = last;
    return made;
  }

  /** The rooms of the client, except its own. */
  get rooms(): string[] {
    return [...this.#stays.keys()];
  }

  /** The names under which events may be for the client: its own, and those of its rooms now and before. */
  get names(): string[] {
    return [this.sid, ...this.#stays.keys(), ...this.#past.map(({ room }) => room)];
  }

  /** Events for everybody are for the client after this offset. */
  get start(): number {
    return this.#start;
  }

  /** A client that returns with an earlier position may have missed events that are forgotten. */
  get floor(): number {
    return this.#floor;
  }

  /** Whether the client is in a room. */
  isIn(room: string): boolean {
    return this.#stays.has(room);
  }

  /** The client arrived when this was the latest offset. */
  begin(number: number): void {
    this.#start = number;
    this.last = number;
    this.#floor = number;
  }

  /** The client joined a room. The returned function sets the latest offset at that time. */
  join(room: string): SetNumber {
    this.#lastPlace += 1;
    const stay = { room, from: later, to: later, place: this.#lastPlace };
    this.#stays.set(room, stay);
    this.#changed.add(room);
    return (number) => {
      stay.from = number;
      this.#changed.add(room);
    };
  }

  /** The client left a room. The returned function sets the latest offset at that time. */
  leave(room: string): SetNumber {
    const stay = this.#stays.get(room);
    if (stay === undefined) return () => {};
    this.#stays.delete(room);
    this.#changed.add(room);
    this.#past.push(stay);
    return (number) => this.#end(stay, number);
  }

  /** Adds the rooms of another client from the same offsets on, and the other client's own room. */
  absorb(other: MembershipHistory): void {
    const own = { room: other.sid, from: other.start, to: later, place: 0 };
    for (const stay of [...other.#stays.values(), own]) {
      if (this.#stays.has(stay.room)) continue;
      this.#lastPlace += 1;
      this.#stays.set(stay.room, { ...stay, place: this.#lastPlace });
      this.#changed.add(stay.room);
    }
  }

  /** Removes a room in which nothing was sent, as if the client had never been in it. */
  forget(room: string): void {
    const stay = this.#stays.get(room);
    if (stay === undefined) return;
    this.#stays.delete(room);
    if (stay.place > this.#storedPlace) this.#changed.delete(room);
    else this.#changed.add(room);
  }

  /** Whether an event is for the client. */
  concerns(number: number, { sid, rooms, skip }: Target): boolean {
    if (number <= this.#start) return false;
    if (skip?.some((name) => name === this.sid || this.#wasIn(name, number)) === true) return false;
    if (sid !== null) return sid === this.sid || this.#wasIn(sid, number);
    if (rooms === null) return true;
    return rooms.some((room) => room === this.sid || this.#wasIn(room, number));
  }

  /** The current rooms. Read when all offsets are set. */
  stays(): OpenStayData[] {
    return [...this.#stays.values()].map(dataOf);
  }

  /** The changes since the last call. Read when all offsets are set. */
  takeChanges(): StayChanges {
    const changed = [...this.#changed];
    this.#changed = new Set();
    this.#storedPlace = this.#lastPlace;
    const set = changed.flatMap((room): OpenStayData[] => {
      const stay = this.#stays.get(room);
      return stay === undefined ? [] : [dataOf(stay)];
    });
    return { set, ended: changed.filter((room) => !this.#stays.has(room)) };
  }

  /** Marks changes again that could not be stored. */
  giveBack({ set, ended }: StayChanges): void {
    // The broker may have stored them all the same.
    for (const [room] of set) this.#changed.add(room);
    for (const room of ended) this.#changed.add(room);
  }

  /** The history as plain data. Read when all offsets are set. */
  toJSON(): WhereaboutsData {
    return {
      start: this.#start,
      past: this.#past.map(({ room, from, to }) => [room, from, to]),
      floor: this.#floor,
      last: this.last,
    };
  }

  #end(stay: Membership, number: number): void {
    stay.to = number;
    if (number <= stay.from) {
      this.#past = this.#past.filter((other) => other !== stay);
      return;
    }
    this.last = Math.max(this.last, number);
    if (this.#past.length > maxPastStays) this.#floor = Math.max(this.#floor, this.#past.shift()?.to ?? 0);
  }

  #wasIn(room: string, number: number): boolean {
    const stay = this.#stays.get(room);
    if (stay !== undefined && number > stay.from) return true;
    return this.#past.some(({ room: name, from, to }) => name === room && number > from && number <= to);
  }
}

function dataOf({ room, from, place }: Membership): OpenStayData {
  return [room, from, place];
}

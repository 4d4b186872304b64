/**
 * Which numbered events of a namespace are for one client: since when it is there, in which rooms from when on, in which
 * it was from when to when. As plain data it travels with the client from process to process. It knows no broker.
 */

import type { Target } from "../model/target.ts";

/** A time that a client has been in a room: what was sent after `from`, and not after `to`. */
export type StayData = readonly [room: string, from: number, to: number];

/** A room that a client is in: what was sent there after `from` is for it. Rooms are in the order of their `place`. */
export type OpenStayData = readonly [room: string, from: number, place: number];

/** What has changed of the rooms that a client is in. */
export interface StayChanges {
  readonly set: readonly OpenStayData[];
  readonly ended: readonly string[];
}

/** {@link MembershipHistory} as plain data, but for the rooms that the client is in: there may be many. */
export interface WhereaboutsData {
  readonly start: number;
  readonly past: readonly StayData[];
  readonly floor: number;
  readonly last: number;
}

/** Sets a number that the broker has told. */
export type SetNumber = (number: number) => void;

interface Membership {
  readonly room: string;
  /** Counts the client's stays. */
  readonly place: number;
  from: number;
  to: number;
}

/** Stands for a number that the broker has not told yet, where something begins or ends: nothing is behind it. */
const later = Number.POSITIVE_INFINITY;

/** Ended stays that are remembered for each client. */
const maxPastStays = 16;

/** See above. */
export class MembershipHistory {
  readonly sid: string;
  /** The number of the latest event that can have been for it; of earlier ones it is known which were. */
  last = 0;
  #start = later;
  readonly #stays = new Map<string, Membership>();
  /** The rooms of which something has changed since that was last taken. */
  #changed = new Set<string>();
  #lastPlace = 0;
  #past: Membership[] = [];
  #floor = 0;

  /** @param sid - the client's public id, which is also a room */
  constructor(sid: string) {
    this.sid = sid;
  }

  /** Makes it from plain data. */
  static from(
    sid: string,
    { start, past, floor, last }: WhereaboutsData,
    stays: readonly OpenStayData[],
  ): MembershipHistory {
    const made = new MembershipHistory(sid);
    made.begin(start);
    // Brokers may keep them in another order.
    const inOrder = [...stays].sort(([, , one], [, , other]) => one - other);
    for (const [room, from, place] of inOrder) {
      made.#stays.set(room, { room, from, to: later, place });
      made.#lastPlace = place;
    }
    made.#past = past.map(([room, from, to]) => ({ room, from, to, place: 0 }));
    made.#floor = floor;
    made.last = last;
    return made;
  }

  /** The rooms that it is in, but for its own. */
  get rooms(): string[] {
    return [...this.#stays.keys()];
  }

  /** What everybody gets is for it from then on. */
  get start(): number {
    return this.#start;
  }

  /** A client that has not come as far as this may have missed what is not known any more to have been for it. */
  get floor(): number {
    return this.#floor;
  }

  /** Whether it is in a room. */
  isIn(room: string): boolean {
    return this.#stays.has(room);
  }

  /** It has come when this number was the latest. */
  begin(number: number): void {
    this.#start = number;
    this.last = number;
    this.#floor = number;
  }

  /** It has joined a room. The latest number at that time is told later. */
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

  /** It has left a room. The latest number at that time is told later. */
  leave(room: string): SetNumber {
    const stay = this.#stays.get(room);
    if (stay === undefined) return () => {};
    this.#stays.delete(room);
    this.#changed.add(room);
    this.#past.push(stay);
    return (number) => this.#end(stay, number);
  }

  /** It is in the rooms of another one as well, from when on that is in them, and gets what is sent to that. */
  absorb(other: MembershipHistory): void {
    const own = { room: other.sid, from: other.start, to: later, place: 0 };
    for (const stay of [...other.#stays.values(), own]) {
      if (this.#stays.has(stay.room)) continue;
      this.#lastPlace += 1;
      this.#stays.set(stay.room, { ...stay, place: this.#lastPlace });
      this.#changed.add(stay.room);
    }
  }

  /** It has not been in a room: nothing was sent there. */
  forget(room: string): void {
    if (this.#stays.delete(room)) this.#changed.add(room);
  }

  /** Whether an event is for the client. */
  concerns(number: number, { sid, rooms, skip }: Target): boolean {
    if (number <= this.#start || skip?.includes(this.sid) === true) return false;
    if (sid !== null) return sid === this.sid || this.#wasIn(sid, number);
    if (rooms === null) return true;
    return rooms.some((room) => room === this.sid || this.#wasIn(room, number));
  }

  /** The rooms that the client is in. To be asked for when all numbers are told. */
  stays(): OpenStayData[] {
    return [...this.#stays.values()].map(dataOf);
  }

  /** What has changed of them since this was last asked; to be asked for when all numbers are told. */
  takeChanges(): StayChanges {
    const changed = [...this.#changed];
    this.#changed = new Set();
    const set = changed.flatMap((room): OpenStayData[] => {
      const stay = this.#stays.get(room);
      return stay === undefined ? [] : [dataOf(stay)];
    });
    return { set, ended: changed.filter((room) => !this.#stays.has(room)) };
  }

  /** Changes that were taken are not known anywhere yet. */
  giveBack({ set, ended }: StayChanges): void {
    for (const [room] of set) this.#changed.add(room);
    for (const room of ended) this.#changed.add(room);
  }

  /** As plain data. To be asked for when all numbers are told. */
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

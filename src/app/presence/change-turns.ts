/**
 * Decides which process tells its application of a change. All processes rank themselves in the same way for
 * each room, so they agree without asking. The first one tells; if no word of that arrives in time, the next
 * one does.
 */

import { hash32 } from "../../base/hash.ts";
import { type RoomEntry, roomKey } from "./presence-account.ts";

/** A room of a namespace. */
export interface Room {
  readonly namespace: string;
  readonly room: string;
}

export type Change = "online" | "offline";

/** What the turns need of presence. */
export interface ChangeTurnsOwner {
  /** The name of this process. */
  node(): string;
  /** The time in ms. */
  now(): number;
  /** Whether a room counts as occupied now. */
  isOnline(room: Room): boolean;
  /** Tells the application of a change, and the other processes that this one has. */
  tell(room: Room, change: Change): void;
}

/**
 * A delay of more than this, in ms, means that this process stood still, and that others told what happened.
 */
export const standstill = 3000;
/** How long a process may take to tell a change before the next one does, in ms, until the next check. */
const patience = 4000;
/** The most changes of other processes that are remembered. */
const maxPending = 10_000;

/** A change that another process tells. */
interface Pending {
  readonly room: Room;
  readonly change: Change;
  readonly teller: string;
  readonly candidates: readonly string[];
  readonly at: number;
}

/** The changes that await their turn. */
export class ChangeTurns {
  readonly #owner: ChangeTurnsOwner;
  /** Changes that other processes tell, by a key for each, the oldest first. */
  readonly #pending = new Map<string, Pending>();
  /** When other processes told changes, by the same keys. */
  readonly #toldElsewhere = new Map<string, number>();

  constructor(owner: ChangeTurnsOwner) {
    this.#owner = owner;
  }

  /**
   * Tells a change where it is the turn of this process, and otherwise watches over the one whose turn it is.
   *
   * @param candidates - the processes that may tell it
   */
  assign(room: Room, change: Change, candidates: readonly string[]): void {
    const own = this.#owner.node();
    const teller = firstOf(candidates, room);
    if (teller === own) {
      this.#owner.tell(room, change);
    } else if (teller !== null && candidates.includes(own)) {
      const at = this.#owner.now();
      const key = changeKey(room, change);
      const toldAt = this.#toldElsewhere.get(key);
      // A process whose clock is a little ahead has told it already.
      if (toldAt !== undefined && toldAt > at - standstill) return;
      this.#pending.delete(key);
      const [oldest] = this.#pending.size >= maxPending ? this.#pending.keys() : [];
      if (oldest !== undefined) this.#pending.delete(oldest);
      this.#pending.set(key, { room, change, teller, candidates, at });
    }
  }

  /** Another process has told a change. */
  onTold([namespace, room, isOnline]: RoomEntry): void {
    const key = changeKey({ namespace, room }, isOnline ? "online" : "offline");
    this.#pending.delete(key);
    if (this.#toldElsewhere.size >= maxPending) this.#toldElsewhere.clear();
    this.#toldElsewhere.set(key, this.#owner.now());
  }

  /** Passes late changes that still hold on to the next process. */
  passOn(): void {
    const now = this.#owner.now();
    const late = [...this.#pending].filter(([, { at }]) => at <= now - patience);
    for (const [key] of late) this.#pending.delete(key);
    for (const [key, at] of this.#toldElsewhere) if (at < now - standstill) this.#toldElsewhere.delete(key);
    for (const [, { room, change, teller, candidates }] of late) {
      if (this.#owner.isOnline(room) !== (change === "online")) continue;
      this.assign(
        room,
        change,
        candidates.filter((node) => node !== teller),
      );
    }
  }
}

function changeKey({ namespace, room }: Room, change: Change): string {
  return `${change} ${roomKey(namespace, room)}`;
}

/** The process whose turn it is; `null` where there are none. */
function firstOf(candidates: readonly string[], { namespace, room }: Room): string | null {
  let first: string | null = null;
  let lowest = Number.POSITIVE_INFINITY;
  for (const node of candidates) {
    const own = hash32(`${room}\n${node}\n${namespace}`);
    if (first !== null && (own > lowest || (own === lowest && node > first))) continue;
    first = node;
    lowest = own;
  }
  return first;
}

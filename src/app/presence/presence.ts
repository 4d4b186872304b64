/**
 * Presence over all processes: rooms that get their first member anywhere, and rooms that have been empty for
 * a while.
 *
 * Each process tells the others which of the watched rooms have members in it, so that all keep the same
 * account. One process tells its application of a change: see {@link ChangeTurns}. Whole accounts make up for
 * lost messages; they are requested when a process appears.
 */

import type { OtherServers } from "../../backplane/cluster/server-event.ts";
import type { Log } from "../../base/log/log.ts";
import { quoted } from "../../base/printable.ts";
import type { Clock, Timer } from "../../base/time/clock.ts";
import { runOutsideContext } from "../../context/handler-context.ts";
import { type Change, ChangeTurns, type Room, standstill } from "./change-turns.ts";
import {
  IncomingAccounts,
  inParts,
  type RoomEntry,
  roomEntries,
  roomKey,
  roomsOf,
} from "./presence-account.ts";
import { presenceEvents } from "./presence-events.ts";

/** Rooms that an application watches, and the handlers of their changes. */
export interface PresenceWatch {
  /** The prefix of the rooms' names. */
  readonly prefix: string;
  readonly namespace: string;
  /** How long a room may be empty before `offline` is called, in ms. */
  readonly grace: number;
  readonly online: ((room: string) => unknown) | null;
  readonly offline: ((room: string) => unknown) | null;
}

/** What presence needs of its process. */
export interface PresenceOwner {
  /** The other processes; `null` where there are none. */
  others(): OtherServers | null;
  readonly clock: Clock;
  readonly logger: Log;
}

/** One room. */
interface Place extends Room {
  /** The processes in which it has members. */
  readonly nodes: Set<string>;
  /** Whether it counts as occupied, which lasts through its grace. */
  isOnline: boolean;
  /** Runs while it is empty and counts as occupied. */
  timer: Timer | null;
}

/**
 * How long to wait before asking every process, or telling every room, in ms: several processes may appear at
 * once.
 */
const gathering = 100;
/** For how long after its first question a process takes the answers as old news, in ms. */
const introduction = 1000;
/** How often this process checks its clock and the other processes' turns, in ms. */
const pulse = 2000;
/** The name of this process where there are no others. */
const alone = "";

/** Watches rooms over all processes. */
export class Presence {
  readonly #owner: PresenceOwner;
  readonly #watches: PresenceWatch[] = [];
  readonly #places = new Map<string, Place>();
  /** Rooms that have members in this process. */
  readonly #own = new Map<string, RoomEntry>();
  #changes: RoomEntry[] = [];
  readonly #turns: ChangeTurns;
  #told: RoomEntry[] = [];
  readonly #incoming = new IncomingAccounts();
  #asking: Timer | null = null;
  #tellingAll: Timer | null = null;
  #pulse: Timer | null = null;
  /** Until this time whole accounts are old news; `null` before this process has asked. */
  #newUntil: number | null = null;
  /** Until this time other processes have told every change already: this process stood still. */
  #lateUntil = 0;
  #isClosed = false;

  constructor(owner: PresenceOwner) {
    this.#owner = owner;
    this.#turns = new ChangeTurns({
      node: () => this.#node,
      now: () => owner.clock.now(),
      isOnline: ({ namespace, room }) => this.#places.get(roomKey(namespace, room))?.isOnline === true,
      tell: (room, change) => this.#tell(room, change),
    });
  }

  /** Watches rooms from now on. */
  watch(watch: PresenceWatch): void {
    this.#watches.push(watch);
    if (this.#owner.others() !== null) this.#askSoon();
  }

  /** A room has got its first member here. */
  onRoomOpen(namespace: string, room: string): void {
    this.#change(namespace, room, true);
  }

  /** A room has lost its last member here. */
  onRoomEmpty(namespace: string, room: string): void {
    this.#change(namespace, room, false);
  }

  /** Other processes are reachable, or one more of them is. */
  onServerJoined(): void {
    if (this.#watches.length > 0) this.#askSoon();
  }

  /** A process is gone, and its clients with it. */
  onServerLeft(node: string): void {
    // While this process is cut off it knows nothing of the others. It finds them again later, or misses them
    // then.
    if (this.#owner.others()?.isReachable !== true) return;
    this.#incoming.forget(node);
    for (const place of [...this.#places.values()]) this.#set(place, node, false);
  }

  /**
   * Handles an event of another process; `false` where it is not about presence.
   *
   * @throws Error when it cannot be read; nothing changes then
   */
  take(event: string, values: readonly unknown[]): boolean {
    if (event === presenceEvents.ask) {
      this.#tellAllSoon();
      return true;
    }
    if (event === presenceEvents.told) {
      for (const entry of roomEntries(values)) this.#turns.onTold(entry);
      return true;
    }
    if (event !== presenceEvents.rooms) return false;
    const { node, part, parts, entries } = roomsOf(values);
    const isChange = parts === 0;
    const isNews = isChange || (this.#newUntil !== null && this.#owner.clock.now() >= this.#newUntil);
    for (const entry of entries) this.#note(entry, node, isNews);
    const occupied = isChange ? null : this.#incoming.take(node, part, parts, entries);
    if (occupied !== null) {
      for (const [key, place] of [...this.#places]) if (!occupied.has(key)) this.#set(place, node, false);
    }
    return true;
  }

  /** Stops telling changes. */
  close(): void {
    this.#send();
    this.#isClosed = true;
    this.#asking?.cancel();
    this.#tellingAll?.cancel();
    this.#pulse?.cancel();
    for (const { timer } of this.#places.values()) timer?.cancel();
    this.#places.clear();
  }

  get #node(): string {
    return this.#owner.others()?.node ?? alone;
  }

  #watchesOf(namespace: string, room: string): PresenceWatch[] {
    return this.#watches.filter((watch) => watch.namespace === namespace && room.startsWith(watch.prefix));
  }

  #change(namespace: string, room: string, isOccupied: boolean): void {
    if (this.#isClosed || this.#watchesOf(namespace, room).length === 0) return;
    const entry: RoomEntry = [namespace, room, isOccupied];
    if (isOccupied) this.#own.set(roomKey(namespace, room), entry);
    else this.#own.delete(roomKey(namespace, room));
    this.#sendSoon();
    this.#changes.push(entry);
    this.#note(entry, this.#node, true);
  }

  #sendSoon(): void {
    if (this.#changes.length + this.#told.length === 0) this.#owner.clock.atTickEnd(() => this.#send());
  }

  /** Sends the changes of this tick to the other processes. */
  #send(): void {
    const [changes, told] = [this.#changes, this.#told];
    this.#changes = [];
    this.#told = [];
    const others = this.#owner.others();
    if (others === null) return;
    if (changes.length > 0) {
      for (const part of inParts(changes))
        others.tellServers(presenceEvents.rooms, [this.#node, 0, 0, ...part]);
    }
    if (told.length > 0) for (const part of inParts(told)) others.tellServers(presenceEvents.told, part);
  }

  /** Answers all processes that ask at about the same time at once. */
  #tellAllSoon(): void {
    if (this.#isClosed || this.#watches.length === 0) return;
    this.#tellingAll ??= this.#owner.clock.after(gathering, () => this.#tellAll());
  }

  #tellAll(): void {
    this.#tellingAll?.cancel();
    this.#tellingAll = null;
    const others = this.#owner.others();
    if (others === null || this.#watches.length === 0) return;
    const parts = inParts([...this.#own.values()]);
    for (const [index, part] of parts.entries())
      others.tellServers(presenceEvents.rooms, [this.#node, index + 1, parts.length, ...part]);
  }

  #askSoon(): void {
    const { clock } = this.#owner;
    if (this.#pulse === null) this.#beat();
    this.#asking ??= clock.after(gathering, () => {
      this.#asking = null;
      if (this.#isClosed) return;
      this.#newUntil ??= clock.now() + introduction;
      this.#owner.others()?.tellServers(presenceEvents.ask, []);
      // Processes that thought this one gone need its rooms again.
      this.#tellAll();
      this.#forgetLost();
    });
  }

  /** Timers run before waiting messages are read, so a standstill is noticed before them. */
  #beat(): void {
    const { clock } = this.#owner;
    const due = clock.now() + pulse;
    this.#pulse = clock.after(pulse, () => {
      if (clock.now() - due > standstill) {
        this.#lateUntil = clock.now() + introduction;
        this.#askSoon();
      }
      if (this.#owner.others()?.isReachable === true) this.#turns.passOn();
      this.#beat();
    });
  }

  /** Removes processes that left while this one was cut off. */
  #forgetLost(): void {
    const known = new Set([this.#node, ...(this.#owner.others()?.nodes() ?? [])]);
    for (const place of [...this.#places.values()]) {
      for (const node of [...place.nodes]) if (!known.has(node)) this.#set(place, node, false);
    }
  }

  #note([namespace, room, isOccupied]: RoomEntry, node: string, isNews: boolean): void {
    const key = roomKey(namespace, room);
    let place = this.#places.get(key);
    if (place === undefined) {
      if (!isOccupied || this.#isClosed) return;
      place = { namespace, room, nodes: new Set(), isOnline: false, timer: null };
      this.#places.set(key, place);
    }
    this.#set(place, node, isOccupied, isNews);
  }

  #set(place: Place, node: string, isOccupied: boolean, isNews = true): void {
    const isTold = node !== this.#node && this.#owner.clock.now() < this.#lateUntil;
    if (isOccupied) {
      place.nodes.add(node);
      place.timer?.cancel();
      place.timer = null;
      if (place.isOnline) return;
      place.isOnline = true;
      if (isNews && !isTold) this.#turns.assign(place, "online", this.#candidates());
    } else if (place.nodes.delete(node) && place.nodes.size === 0) {
      this.#wait(place, this.#candidates(), isTold);
    }
  }

  #wait(place: Place, candidates: readonly string[], isTold: boolean): void {
    const { clock } = this.#owner;
    const watches = this.#watchesOf(place.namespace, place.room);
    const grace = Math.max(0, ...watches.map((watch) => watch.grace));
    const due = clock.now() + grace;
    place.timer = clock.after(grace, () => {
      const others = this.#owner.others();
      if (others !== null && !others.isReachable) {
        // It may have members in processes that are out of reach.
        this.#wait(place, candidates, isTold);
        return;
      }
      place.isOnline = false;
      this.#places.delete(roomKey(place.namespace, place.room));
      if (candidates.length > 1 && (isTold || clock.now() - due > standstill)) return;
      const there = new Set(this.#candidates());
      this.#turns.assign(
        place,
        "offline",
        candidates.filter((node) => there.has(node)),
      );
    });
  }

  /** The processes that serve clients. */
  #candidates(): readonly string[] {
    const others = this.#owner.others();
    if (others === null) return [alone];
    return others.isServer ? [others.node, ...others.nodes()] : others.nodes();
  }

  #tell({ namespace, room }: Room, change: Change): void {
    this.#sendSoon();
    this.#told.push([namespace, room, change === "online"]);
    for (const watch of this.#watchesOf(namespace, room)) {
      const handler = watch[change];
      if (handler === null) continue;
      runOutsideContext(async () => handler(room)).catch((err: unknown) => {
        this.#owner.logger.error(`The presence handler "${change}" failed for ${quoted(room)}`, {
          type: "presence handler failed",
          change,
          namespace,
          room,
          err,
        });
      });
    }
  }
}

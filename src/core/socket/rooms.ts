/** The rooms of one namespace and the sockets in them. A room exists while it has members. */

import { isSid } from "../model/sid.ts";
import type { Socket } from "./socket.ts";

/** Hears of rooms, to subscribe to other processes' events for them. */
export interface RoomWatcher {
  /** A room has got its first member. */
  onRoomOpen(room: string): void;
  /** A room has lost its last member. */
  onRoomEmpty(room: string): void;
  /** A client that is away needs the events of a room, whether it has members or not. */
  onRoomHeld(room: string): void;
  /** One such client less needs them. */
  onRoomReleased(room: string): void;
}

/** Hears of each client that joins or leaves a room. It does not throw. */
export interface MemberWatcher {
  /** A client has joined a room, as its first member or another one. */
  onJoin(room: string, sid: string, isFirst: boolean): void;
  /** A client has left a room, as its last member or another one. */
  onLeave(room: string, sid: string, isLast: boolean): void;
}

/** The rooms of one namespace. */
export class Rooms {
  /** Set before any socket joins. */
  watcher: RoomWatcher | null = null;
  /** Set by programs that watch the members of rooms. */
  memberWatcher: MemberWatcher | null = null;
  readonly #members = new Map<string, Set<Socket>>();

  /** The number of rooms that have members. */
  get size(): number {
    return this.#members.size;
  }

  /** The number of memberships: a socket in three rooms counts three times. */
  get memberCount(): number {
    let count = 0;
    for (const members of this.#members.values()) count += members.size;
    return count;
  }

  /** All rooms that have members, with these. */
  all(): Iterable<readonly [room: string, members: ReadonlySet<Socket>]> {
    return this.#members;
  }

  /** The members of a room, or `undefined` when there are none. */
  members(room: string): ReadonlySet<Socket> | undefined {
    return this.#members.get(room);
  }

  /**
   * Puts a socket into a room; `false` when it is there already, or is closed.
   *
   * The room of a sid has one member, which is always in it, and takes no others.
   */
  join(socket: Socket, room: string): boolean {
    if (socket.isClosed || isSid(room) || socket.rooms.has(room)) return false;
    socket.rooms.add(room);
    const members = this.#members.get(room);
    if (members !== undefined) {
      members.add(socket);
    } else {
      this.#members.set(room, new Set([socket]));
      this.watcher?.onRoomOpen(room);
    }
    if (this.memberWatcher !== null) this.memberWatcher.onJoin(room, socket.sid, members === undefined);
    socket.recoverable?.onJoin(room);
    return true;
  }

  /** Takes a socket out of a room; `false` when it was not there. */
  leave(socket: Socket, room: string): boolean {
    if (socket.isClosed || !socket.rooms.delete(room)) return false;
    this.#remove(socket, room);
    socket.recoverable?.onLeave(room);
    return true;
  }

  /** Empties a room. Returns its former members. */
  close(room: string): ReadonlySet<Socket> {
    const members = this.#members.get(room) ?? new Set();
    if (this.#members.delete(room)) this.watcher?.onRoomEmpty(room);
    let left = members.size;
    for (const socket of members) {
      left -= 1;
      if (this.memberWatcher !== null) this.memberWatcher.onLeave(room, socket.sid, left === 0);
      socket.rooms.delete(room);
      socket.recoverable?.onLeave(room);
    }
    return members;
  }

  /** Takes a closed socket out of all rooms. The socket keeps the list of them. */
  forget(socket: Socket): void {
    for (const room of socket.rooms) this.#remove(socket, room);
  }

  #remove(socket: Socket, room: string): void {
    const members = this.#members.get(room);
    members?.delete(socket);
    const isLast = members?.size === 0;
    if (this.memberWatcher !== null) this.memberWatcher.onLeave(room, socket.sid, isLast);
    if (!isLast) return;
    this.#members.delete(room);
    this.watcher?.onRoomEmpty(room);
  }
}

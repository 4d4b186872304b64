/** Which sockets are in which room of one namespace. A room exists while somebody is in it. */

import { isSid } from "../model/sid.ts";
import type { Socket } from "./socket.ts";

/** Who is told of rooms, so that other processes' events for them come here. */
export interface RoomWatcher {
  /** A room has got its first member. */
  onRoomOpen(room: string): void;
  /** A room has lost its last member. */
  onRoomEmpty(room: string): void;
}

/** The rooms of one namespace. */
export class Rooms {
  /** To be set before anybody joins. */
  watcher: RoomWatcher | null = null;
  readonly #members = new Map<string, Set<Socket>>();

  /** The number of rooms that have members. */
  get size(): number {
    return this.#members.size;
  }

  /** The members of a room, or `undefined` when there are none. */
  members(room: string): ReadonlySet<Socket> | undefined {
    return this.#members.get(room);
  }

  /**
   * Puts a socket into a room; `false` when it was there already, or has been closed and joins nothing any more. The room of a
   * sid has one member, which is always in it, and takes no others.
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

  /** Empties a room. Returns who was in it. */
  close(room: string): ReadonlySet<Socket> {
    const members = this.#members.get(room) ?? new Set();
    if (this.#members.delete(room)) this.watcher?.onRoomEmpty(room);
    for (const socket of members) {
      socket.rooms.delete(room);
      socket.recoverable?.onLeave(room);
    }
    return members;
  }

  /** Takes a closed socket out of all rooms; it can still tell which they were. */
  forget(socket: Socket): void {
    for (const room of socket.rooms) this.#remove(socket, room);
  }

  #remove(socket: Socket, room: string): void {
    const members = this.#members.get(room);
    members?.delete(socket);
    if (members?.size !== 0) return;
    this.#members.delete(room);
    this.watcher?.onRoomEmpty(room);
  }
}

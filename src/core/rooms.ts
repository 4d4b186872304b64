/** Which sockets are in which room of one namespace. A room exists while somebody is in it. */

import type { Socket } from "./socket.ts";

/** The rooms of one namespace. */
export class Rooms {
  readonly #members = new Map<string, Set<Socket>>();

  /** The number of rooms that have members. */
  get size(): number {
    return this.#members.size;
  }

  /** The members of a room, or `undefined` when there are none. */
  members(room: string): ReadonlySet<Socket> | undefined {
    return this.#members.get(room);
  }

  /** Puts a socket into a room; `false` when it was there already, or has been closed and joins nothing any more. */
  join(socket: Socket, room: string): boolean {
    if (socket.isClosed || room === socket.sid || socket.rooms.has(room)) return false;
    socket.rooms.add(room);
    const members = this.#members.get(room);
    if (members === undefined) this.#members.set(room, new Set([socket]));
    else members.add(socket);
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
    this.#members.delete(room);
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
    if (members?.size === 0) this.#members.delete(room);
  }
}

/**
 * Operations on clients and rooms in all processes.
 *
 * Each one is checked, carried out here, and sent to other processes.
 */

import { RoomcastError } from "../base/errors.ts";
import { show } from "../base/options.ts";
import type { LocalOperations } from "./local-operations.ts";
import type { DisconnectNotice } from "./model/disconnect-notice.ts";
import type { Operation } from "./model/operation.ts";
import { isSid } from "./model/sid.ts";
import type { FoundCount, FoundSockets } from "./model/socket-info.ts";
import { everyoneIn, type Target } from "./model/target.ts";
import type { NamespaceRegistry } from "./namespace/namespace-registry.ts";
import type { RoomNames } from "./room-names.ts";

/** The name of a room, or the names of several. */
export type RoomOrRooms = string | readonly string[];

/** The result of an operation that no other process needs to know of. */
const done = Promise.resolve();

/** Operations on clients and rooms. */
export class RoomOperations {
  readonly #namespaces: NamespaceRegistry;
  readonly #local: LocalOperations;
  readonly #roomNames: RoomNames;

  /**
   * @param namespaces - the namespaces with their sockets
   * @param local - carries out operations on the clients of this process
   * @param roomNames - checks the names of rooms
   */
  constructor(namespaces: NamespaceRegistry, local: LocalOperations, roomNames: RoomNames) {
    this.#namespaces = namespaces;
    this.#local = local;
    this.#roomNames = roomNames;
  }

  /**
   * Puts clients into a room, or into each of a list; those of this process at once. A client that has left
   * joins nothing.
   *
   * @returns a promise that settles when other processes know of it
   * @throws {@link RoomcastError} `ERR_ROOM` for a value that cannot name a room and for the sid of another
   *   client, `ERR_LIMIT` for a name that is too long, and when the one named client would be in too many
   *   rooms. Then it joins none of the list
   */
  join(target: Target, room: RoomOrRooms): Promise<void> {
    if (isList(room)) {
      const rooms = new Set(room);
      let count = 0;
      for (const name of rooms) if (this.#checkJoin(target, name, count)) count += 1;
      return rooms.size === 0 ? done : this.#carryOut({ type: "join", target, rooms: [...rooms] });
    }
    this.#checkJoin(target, room, 0);
    return this.#carryOut({ type: "join", target, rooms: [room] });
  }

  /** Takes clients out of a room, or out of each of a list, like {@link RoomOperations.join}. */
  leave(target: Target, room: RoomOrRooms): Promise<void> {
    if (isList(room)) {
      for (const name of room) this.#roomNames.check(target, name);
      return room.length === 0 ? done : this.#carryOut({ type: "leave", target, rooms: [...new Set(room)] });
    }
    this.#roomNames.check(target, room);
    return this.#carryOut({ type: "leave", target, rooms: [room] });
  }

  /** Takes all clients out of a room, or out of each of a list, like {@link RoomOperations.join}. */
  closeRoom(namespace: string, room: RoomOrRooms): Promise<void> {
    const target = everyoneIn(namespace);
    if (isList(room)) {
      for (const name of room) this.#roomNames.check(target, name);
      const close = (name: string) => this.#carryOut({ type: "close room", namespace, room: name });
      return Promise.all(Array.from(new Set(room), close)).then(() => {});
    }
    this.#roomNames.check(target, room);
    return this.#carryOut({ type: "close room", namespace, room });
  }

  /**
   * Disconnects clients from the namespace, after everything that was sent to them before.
   *
   * @param close - whether to end their whole connections
   * @param notice - the reason that they get. Where it asks them to reconnect, their whole connections end
   * @returns a promise that settles when other processes know of it
   */
  disconnect(target: Target, close: boolean, notice: DisconnectNotice | null = null): Promise<void> {
    this.#roomNames.checkTarget(target);
    return this.#carryOut({ type: "disconnect", target, close, notice });
  }

  /** Lists the clients of all processes. */
  async sockets(target: Target): Promise<FoundSockets> {
    this.#roomNames.checkTarget(target);
    const here = this.#local.describe(target);
    const others = this.#namespaces.othersFor(target);
    if (others === null) return { sockets: here, missing: [] };
    const { sockets, missing } = await others.sockets(target);
    return { sockets: [...here, ...sockets], missing };
  }

  /** Counts the clients of all processes. */
  async count(target: Target): Promise<FoundCount> {
    this.#roomNames.checkTarget(target);
    const here = this.#local.countHere(target);
    const others = this.#namespaces.othersFor(target);
    if (others === null) return { count: here, missing: [] };
    const { count, missing } = await others.count(target);
    return { count: here + count, missing };
  }

  /** The rooms of a client, its own sid first; empty when it is not connected. */
  async rooms(target: Target): Promise<readonly string[]> {
    const socket = this.#namespaces.find(target.namespace, target.sid);
    if (socket !== undefined) return [socket.sid, ...socket.rooms];
    const { sockets } = await this.sockets(target);
    return sockets[0]?.rooms ?? [];
  }

  /**
   * Checks that clients may join a room.
   *
   * @param count - how many other rooms the same call joins
   * @returns whether the room is another one for the named client, if that is here
   */
  #checkJoin(target: Target, room: string, count: number): boolean {
    this.#roomNames.check(target, room);
    const socket = this.#namespaces.find(target.namespace, target.sid);
    if (isSid(room) && room !== target.sid && room !== socket?.sid) throw ownRoomError(room);
    if (socket === undefined) return false;
    if (!this.#local.hasPlaceFor(socket, room, count)) {
      throw new RoomcastError(
        "ERR_LIMIT",
        count === 0
          ? `The client is in ${this.#local.limits.maxRooms} rooms, which is the most that maxRooms allows.`
          : `The client would be in more than ${this.#local.limits.maxRooms} rooms, which is the most that maxRooms allows.`,
      );
    }
    return room !== socket.sid && !socket.rooms.has(room);
  }

  #carryOut(operation: Operation): Promise<void> {
    const { backplane } = this.#namespaces;
    // Looked up first: afterwards a disconnected client cannot be found.
    const others = operation.type === "close room" ? backplane : this.#namespaces.othersFor(operation.target);
    this.#local.apply(operation);
    if (backplane === null) return done;
    const published = others?.publish(operation) ?? done;
    const waits: Promise<unknown>[] = [];
    if (operation.type === "join") {
      const { target, rooms } = operation;
      for (const room of rooms) {
        const subscribed = backplane.subscribed(target.namespace, room);
        if (subscribed !== null) waits.push(subscribed);
      }
    }
    const kept = operation.type === "close room" ? null : this.#local.kept(operation.target);
    if (kept !== null) waits.push(kept);
    return waits.length === 0 ? published : published.then(() => Promise.all(waits)).then(() => {});
  }
}

function isList(room: RoomOrRooms): room is readonly string[] {
  return Array.isArray(room);
}

function ownRoomError(room: string): RoomcastError {
  return new RoomcastError(
    "ERR_ROOM",
    `${show(room)} is the sid of a client, and no other client joins the room of that name. To send to the client, name it: emit(event, data, { sid }).`,
  );
}

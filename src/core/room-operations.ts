/** Operations on clients and rooms of the whole application: carried out here, and told to other processes. */

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

/** What there is to wait for when no other process needs to know. */
const done = Promise.resolve();

/** Operations on clients and rooms. */
export class RoomOperations {
  readonly #namespaces: NamespaceRegistry;
  readonly #local: LocalOperations;
  readonly #roomNames: RoomNames;

  /**
   * @param namespaces - where the clients are
   * @param local - carries out operations on the clients of this process
   * @param roomNames - checks the names of rooms
   */
  constructor(namespaces: NamespaceRegistry, local: LocalOperations, roomNames: RoomNames) {
    this.#namespaces = namespaces;
    this.#local = local;
    this.#roomNames = roomNames;
  }

  /**
   * Puts clients into a room, here at once. One that has left joins nothing any more.
   *
   * @returns a promise that settles when other processes know of it
   * @throws {@link RoomcastError} `ERR_ROOM` for what is no name of a room and for the sid of another client, `ERR_LIMIT` for
   *   a name that is too long, and where the one client is in too many rooms
   */
  join(target: Target, room: string): Promise<void> {
    this.#roomNames.check(target, room);
    const socket = this.#namespaces.find(target.namespace, target.sid);
    if (isSid(room) && room !== target.sid && room !== socket?.sid) throw ownRoomError(room);
    if (socket !== undefined && !this.#local.hasPlaceFor(socket, room)) {
      throw new RoomcastError(
        "ERR_LIMIT",
        `The client is in ${this.#local.limits.maxRooms} rooms, which is the most that maxRooms allows.`,
      );
    }
    return this.#carryOut({ type: "join", target, room });
  }

  /** Takes clients out of a room, like {@link RoomOperations.join}. */
  leave(target: Target, room: string): Promise<void> {
    this.#roomNames.check(target, room);
    return this.#carryOut({ type: "leave", target, room });
  }

  /** Takes everybody out of a room, like {@link RoomOperations.join}. */
  closeRoom(namespace: string, room: string): Promise<void> {
    this.#roomNames.check(everyoneIn(namespace), room);
    return this.#carryOut({ type: "close room", namespace, room });
  }

  /**
   * Disconnects clients from the namespace, after what was sent to them before.
   *
   * @param close - whether to end their whole connections
   * @param notice - what they are told before. Where it asks them to come back, their whole connections end
   * @returns a promise that settles when other processes know of it
   */
  disconnect(target: Target, close: boolean, notice: DisconnectNotice | null = null): Promise<void> {
    this.#roomNames.checkTarget(target);
    return this.#carryOut({ type: "disconnect", target, close, notice });
  }

  /** Lists clients, in whatever process they are. */
  async sockets(target: Target): Promise<FoundSockets> {
    this.#roomNames.checkTarget(target);
    const here = this.#local.describe(target);
    const others = this.#namespaces.othersFor(target);
    if (others === null) return { sockets: here, missing: [] };
    const { sockets, missing } = await others.sockets(target);
    return { sockets: [...here, ...sockets], missing };
  }

  /** Counts clients, in whatever process they are. */
  async count(target: Target): Promise<FoundCount> {
    this.#roomNames.checkTarget(target);
    const here = this.#local.countHere(target);
    const others = this.#namespaces.othersFor(target);
    if (others === null) return { count: here, missing: [] };
    const { count, missing } = await others.count(target);
    return { count: here + count, missing };
  }

  /** The rooms that a client is in, its own sid first; none where it is not there. */
  async rooms(target: Target): Promise<readonly string[]> {
    const socket = this.#namespaces.find(target.namespace, target.sid);
    if (socket !== undefined) return [socket.sid, ...socket.rooms];
    const { sockets } = await this.sockets(target);
    return sockets[0]?.rooms ?? [];
  }

  #carryOut(operation: Operation): Promise<void> {
    const { backplane } = this.#namespaces;
    // Before it is carried out: a client that it disconnects is found no more.
    const others = operation.type === "close room" ? backplane : this.#namespaces.othersFor(operation.target);
    this.#local.apply(operation);
    if (backplane === null) return done;
    const published = others?.publish(operation) ?? done;
    const subscribed =
      operation.type === "join" ? backplane.subscribed(operation.target.namespace, operation.room) : null;
    const kept = operation.type === "close room" ? null : this.#local.kept(operation.target);
    const waits = [subscribed, kept].filter((wait) => wait !== null);
    return waits.length === 0 ? published : published.then(() => Promise.all(waits)).then(() => {});
  }
}

function ownRoomError(room: string): RoomcastError {
  return new RoomcastError(
    "ERR_ROOM",
    `${show(room)} is the sid of a client, and no other client joins the room of that name. To send to the client, name it: emit(event, data, { sid }).`,
  );
}

/** Rejects names that no room can have, before an operation on one reaches all processes. */

import { RoomcastError } from "../base/errors.ts";
import { show } from "../base/options.ts";
import { quoted } from "../base/printable.ts";
import type { Target } from "./model/target.ts";

/** Counts names that are too long. */
export interface RoomNamesListener {
  /** A name is too long. The client is `null` where the operation does not name one of this process. */
  onLimit(client: { readonly number: number } | null, namespace: string, limit: "maxRoomLength"): void;
}

/** Finds the client that an operation names. */
export interface ClientLookup {
  find(namespace: string, sid: string | null): { readonly client: { readonly number: number } } | undefined;
}

/** The rules for names of rooms. */
export class RoomNames {
  /** The most characters that a name may have. */
  readonly maxLength: number;
  readonly #listener: RoomNamesListener;
  readonly #clients: ClientLookup;

  /**
   * @param listener - counts names that are too long
   * @param clients - finds the client that an operation names
   * @param maxLength - the most characters that a name may have
   */
  constructor(listener: RoomNamesListener, clients: ClientLookup, maxLength: number) {
    this.#listener = listener;
    this.#clients = clients;
    this.maxLength = maxLength;
  }

  /**
   * Checks the name of a room, and the target of an operation on it.
   *
   * @throws {@link RoomcastError} `ERR_ROOM` or `ERR_LIMIT`
   */
  check(target: Target, room: unknown): void {
    if (typeof room !== "string" || room === "") {
      throw new RoomcastError(
        "ERR_ROOM",
        `A room's name must be a string that is not empty, not ${show(room)}.`,
      );
    }
    this.checkTarget(target);
    if (!this.#isName(room)) this.#refuse(target, room);
  }

  /**
   * Checks the sid and the rooms of a target, and those that it leaves out.
   *
   * @throws {@link RoomcastError} `ERR_ROOM` or `ERR_LIMIT`
   */
  checkTarget(target: Target): void {
    const { sid, rooms, skip } = target;
    if (sid !== null && !this.#isName(sid)) this.#refuse(target, sid);
    if (rooms !== null) for (const room of rooms) if (!this.#isName(room)) this.#refuse(target, room);
    if (skip !== null) for (const room of skip) if (!this.#isName(room)) this.#refuse(target, room);
  }

  #isName(room: string): boolean {
    return room.length <= this.maxLength && room.isWellFormed();
  }

  #refuse({ namespace, sid }: Target, room: string): never {
    if (room.length > this.maxLength) {
      const client = this.#clients.find(namespace, sid)?.client ?? null;
      this.#listener.onLimit(client, namespace, "maxRoomLength");
      throw new RoomcastError(
        "ERR_LIMIT",
        `The name of a room has ${room.length} characters, and maxRoomLength allows ${this.maxLength}: ${quoted(room.slice(0, 40))}…`,
      );
    }
    throw new RoomcastError(
      "ERR_ROOM",
      `The name of a room holds half of a surrogate pair, which is lost on the way to other processes: ${quoted(room)}.`,
    );
  }
}

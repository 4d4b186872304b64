/**
 * Clients that have joined or left a room while events of their process were on their way to their numbers: what was
 * sent before counts as sent before, as if it had been delivered at once.
 */

import type { Target } from "../../core/model/target.ts";
import type { RecoverySession } from "../../core/recovery/recovery-log.ts";
import type { StreamEvent } from "../stream/stream-event.ts";
import type { SessionState } from "./session-state.ts";

interface RoomChange<Session extends RecoverySession> {
  readonly client: SessionState<Session>;
  readonly room: string;
  /** Whether it has joined the room; else it has left it. */
  readonly isJoin: boolean;
  /** The latest event that was sent before. */
  readonly after: number;
}

/** An event of this process. */
interface SentEvent {
  /** Which of its events it is. */
  readonly id: number;
  readonly target: Target;
}

/** Who is to be treated otherwise than where it is now. */
export interface Exceptions<Session extends RecoverySession> {
  /** Who is not to get an event that goes to a room in which it is. */
  readonly without: readonly string[];
  /** Who is to get one that goes to a room in which it was. */
  readonly also: readonly Session[];
}

/** See above. */
export class RoomChanges<Session extends RecoverySession> {
  #changes: RoomChange<Session>[] = [];

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  /**
   * A client has joined or left a room.
   *
   * @param after - the latest event that this process has sent before
   */
  add(client: SessionState<Session>, room: string, isJoin: boolean, after: number): void {
    this.#changes.push({ client, room, isJoin, after });
  }

  /** What is still on its way does not come as it would have. */
  clear(): void {
    this.#changes = [];
  }

  /** Whom an event of this process concerns otherwise; they come in the order in which they were sent. */
  exceptions({ id, target: { sid, rooms, skip } }: StreamEvent): Exceptions<Session> {
    this.#changes = this.#changes.filter(({ after }) => after >= id);
    // What is sent to one client goes to a room of that name as well: see SessionResume.
    const names = sid === null ? rooms : [sid];
    if (names === null) return { without: [], also: [] };
    const without = new Set<string>();
    const also = new Set<Session>();
    for (const { client } of this.#changes) {
      const { session, where } = client;
      const isIn = names.some((room) => room === session.sid || where.isIn(room));
      const wasIn = names.some((room) => room === session.sid || this.#wasIn(client, room, id));
      if (isIn && !wasIn) without.add(session.sid);
      if (wasIn && !isIn && client.isHere && skip?.includes(session.sid) !== true) also.add(session);
    }
    return { without: [...without], also: [...also] };
  }

  /** Whether an event of this process was for a client when it was sent. */
  concerns({ id, target: { sid, rooms, skip } }: SentEvent, client: SessionState<Session>): boolean {
    const own = client.session.sid;
    if (skip?.includes(own) === true) return false;
    if (sid !== null) return sid === own;
    return rooms === null || rooms.some((room) => room === own || this.#wasIn(client, room, id));
  }

  #wasIn(client: SessionState<Session>, room: string, id: number): boolean {
    // The first change since then tells how it was before.
    const first = this.#changes.find(
      (change) => change.after >= id && change.client === client && change.room === room,
    );
    return first === undefined ? client.where.isIn(room) : !first.isJoin;
  }
}

/**
 * Joins and leaves that happen while events of the same node are on their way. An event reaches the clients
 * that were in its rooms when it was sent, as if it had been delivered at once.
 */

import type { Target } from "../../core/model/target.ts";
import type { RecoverySession } from "../../core/recovery/recovery-log.ts";
import type { StreamEvent } from "../stream/stream-event.ts";
import type { SessionState } from "./session-state.ts";

interface RoomChange<Session extends RecoverySession> {
  readonly client: SessionState<Session>;
  readonly room: string;
  /** Whether the client has joined the room; else it has left it. */
  readonly isJoin: boolean;
  /** The id of the latest event that was sent before. */
  readonly after: number;
}

/** An event of this node. */
interface SentEvent {
  /** The count of this event among those of its node. */
  readonly id: number;
  readonly target: Target;
}

/** Clients whose rooms have changed since an event was sent. */
export interface Exceptions<Session extends RecoverySession> {
  /** Sids of clients that joined later, and do not receive the event. */
  readonly without: readonly string[];
  /** Clients that left later, and still receive the event. */
  readonly also: readonly Session[];
}

/** Remembers room changes while events are on their way. */
export class RoomChanges<Session extends RecoverySession> {
  #changes: RoomChange<Session>[] = [];

  /** Whether no change is remembered. */
  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  /**
   * A client has joined or left a room.
   *
   * @param after - the id of the latest event that this node has sent before
   */
  add(client: SessionState<Session>, room: string, isJoin: boolean, after: number): void {
    this.#changes.push({ client, room, isJoin, after });
  }

  /** Forgets all changes: the events on their way will not come. */
  clear(): void {
    this.#changes = [];
  }

  /** The exceptions for an event of this node. Call it for the events in their order. */
  exceptions({ id, target: { sid, rooms, skip } }: StreamEvent): Exceptions<Session> {
    this.#changes = this.#changes.filter(({ after }) => after >= id);
    // An event for one client also goes to a room with the same name: see SessionResume.
    const names = sid === null ? rooms : [sid];
    if (names === null && skip === null) return { without: [], also: [] };
    const without = new Set<string>();
    const also = new Set<Session>();
    for (const { client } of this.#changes) {
      const { session, where } = client;
      const isIn = (name: string) => name === session.sid || where.isIn(name);
      const wasIn = (name: string) => name === session.sid || this.#wasIn(client, name, id);
      const isMeant = names?.some(isIn) !== false && skip?.some(isIn) !== true;
      const wasMeant = names?.some(wasIn) !== false && skip?.some(wasIn) !== true;
      if (isMeant && !wasMeant) without.add(session.sid);
      if (wasMeant && !isMeant && client.isHere) also.add(session);
    }
    return { without: [...without], also: [...also] };
  }

  /** Whether an event of this node was for a client when it was sent. */
  concerns({ id, target: { sid, rooms, skip } }: SentEvent, client: SessionState<Session>): boolean {
    const own = client.session.sid;
    if (skip?.some((name) => name === own || this.#wasIn(client, name, id)) === true) return false;
    if (sid !== null) return sid === own;
    return rooms === null || rooms.some((room) => room === own || this.#wasIn(client, room, id));
  }

  #wasIn(client: SessionState<Session>, room: string, id: number): boolean {
    // The first later change shows the state before it.
    const first = this.#changes.find(
      (change) => change.after >= id && change.client === client && change.room === room,
    );
    return first === undefined ? client.where.isIn(room) : !first.isJoin;
  }
}

/**
 * Resumes a client in this node, whichever node had it. The node claims the record, subscribes to the
 * channels of the client, reads the events that it missed, and gathers those that arrive during this. A
 * barrier on the connection of the events shows when both together are complete. From then on the client
 * receives events like all others here.
 */

import type { StreamPosition } from "../../core/model/stream-position.ts";
import type { MembershipHistory } from "../../core/recovery/membership-history.ts";
import type { Found, RecoverySession, Resumption } from "../../core/recovery/recovery-log.ts";
import type { OutgoingPacket } from "../../engine/outbox/outgoing-packet.ts";
import type { EventStream } from "../stream/event-stream.ts";
import { isLossMarker, type StreamEvent } from "../stream/stream-event.ts";
import type { SessionRecords } from "./session-records.ts";
import type { SessionState } from "./session-state.ts";

/** Receives the result of a resume. */
export type Done<Session extends RecoverySession> = (resumption: Resumption<Session>) => void;

/** Makes the packet of an event. */
export type PacketOf = (event: StreamEvent) => OutgoingPacket;

/** A request to resume a client. */
interface Return<Session extends RecoverySession> {
  readonly pid: string;
  readonly cursor: StreamPosition | null;
  /** The draft that stands for the client since it asked to return; `null` for none. */
  readonly stand: SessionState<Session> | null;
  readonly done: Done<Session>;
}

/** The most attempts while connections break. */
const maxAttempts = 3;

/** Finds and resumes the clients of one namespace. */
export class SessionResume<Session extends RecoverySession> {
  readonly #stream: EventStream;
  readonly #records: SessionRecords<Session>;
  readonly #packetOf: PacketOf;
  readonly #report: (error: unknown) => void;
  /** Pending resumes by `pid`. Those of one client run one after the other. */
  readonly #returning = new Map<string, Promise<void>>();
  /** Events that arrive during pending resumes. */
  readonly #gatherings = new Set<StreamEvent[]>();

  /**
   * @param stream - the events of the namespace
   * @param records - its clients
   * @param packetOf - makes the packet of an event
   * @param report - reports an error that has no other receiver
   */
  constructor(
    stream: EventStream,
    records: SessionRecords<Session>,
    packetOf: PacketOf,
    report: (error: unknown) => void,
  ) {
    this.#stream = stream;
    this.#records = records;
    this.#packetOf = packetOf;
    this.#report = report;
  }

  /** Finds a client for a connection that asks to return. The client stays with its node. */
  async find(
    pid: string,
    cursor: StreamPosition | null,
    done: (found: Found<Session> | null) => void,
  ): Promise<void> {
    let found: Found<Session> | null | undefined;
    for (let attempt = 1; attempt <= maxAttempts && found === undefined; attempt += 1) {
      await this.#stream.settled();
      if (this.#stream.isDetached) break;
      found = await this.#find(pid, cursor).catch(() => undefined);
    }
    try {
      done(found === undefined ? this.#foundHere(pid) : found);
    } catch (error) {
      this.#report(error);
    }
  }

  async #find(pid: string, cursor: StreamPosition | null): Promise<Found<Session> | null> {
    const known = await this.#records.find(pid);
    if (known === null) return null;
    const { session, record, where } = known;
    const isTainted = this.#records.get(pid)?.isTainted === true;
    const from = isTainted ? null : startOf(known, cursor, this.#stream.sync.epoch);
    const events = from === null ? null : await this.#stream.sync.readAfter(from);
    const isLost = (event: StreamEvent) => isLossMarker(event) && where.concerns(event.offset, event.target);
    const isWhole = events !== null && !events.about(where.names).some(isLost);
    return { session, sid: where.sid, rooms: where.rooms, record, isWhole };
  }

  /** Finds a client of this node without the broker, so its missed events are unknown. */
  #foundHere(pid: string): Found<Session> | null {
    const here = this.#records.get(pid);
    if (here === undefined || here.isDraft) return null;
    const { session, where } = here;
    return { session, sid: where.sid, rooms: where.rooms, record: null, isWhole: false };
  }

  /** Resumes a client. */
  resume(asked: Return<Session>): void {
    const { pid, done } = asked;
    const before = this.#returning.get(pid);
    const client = this.#records.get(pid);
    if (before === undefined && client !== undefined && !isFree(client)) {
      done({ session: client.session, missed: null, numbers: [] });
      return;
    }
    const returned = (before ?? Promise.resolve()).then(() => this.#resume(asked));
    this.#returning.set(pid, returned);
    void returned.then(() => {
      if (this.#returning.get(pid) === returned) this.#returning.delete(pid);
    });
  }

  /** Adds an event or a loss marker that has arrived. */
  gather(event: StreamEvent): void {
    for (const gathering of this.#gatherings) gathering.push(event);
  }

  async #resume(asked: Return<Session>): Promise<void> {
    const { pid, done } = asked;
    for (let attempt = 1; ; attempt += 1) {
      await this.#stream.settled();
      const outcome = await this.#attempt(asked).catch(() => "broken" as const);
      if (outcome === "done") return;
      if (attempt === maxAttempts || this.#stream.isDetached) {
        // Without the broker the missed events are unknown.
        this.#finish(done, this.#records.get(pid)?.session ?? null);
        return;
      }
    }
  }

  /** One attempt. Rejects, or resolves to `"broken"`, when the connection to the broker breaks. */
  async #attempt({ pid, cursor, stand, done }: Return<Session>): Promise<"done" | "broken"> {
    const stream = this.#stream;
    const records = this.#records;
    // A write and a claim of one client would conflict.
    let here = records.get(pid);
    while (here?.saving) {
      await here.saving;
      here = records.get(pid);
    }
    if (!stream.sync.isUp) return stream.isDetached ? this.#finish(done, here?.session ?? null) : "broken";
    if (here !== undefined && !isFree(here)) return this.#finish(done, here.session);
    if (stand !== null && !(await records.settleOffsets(stand))) return "broken";
    const taken = await records.claim(pid);
    if (taken === null) {
      const kept = here !== undefined && records.has(here) ? here.session : null;
      return this.#finish(done, kept);
    }
    const { client, json } = taken;
    const { session, where } = client;
    const gathering: StreamEvent[] = [];
    if (stand !== null) where.absorb(stand.where);
    records.channels.listen(client);
    try {
      await records.channels.confirmed(client);
      this.#gatherings.add(gathering);
      const from = startOf(client, cursor, stream.sync.epoch);
      const events = from === null ? null : await stream.sync.readAfter(from);
      return await this.#passed((isWhole) => {
        // Another node may have claimed the client since.
        if (!records.has(client)) return this.#finish(done, null);
        if (events === null) return this.#finish(done, session);
        if (!isWhole) {
          records.channels.unlisten(client);
          return "broken";
        }
        const later = gathering.filter(({ offset }) => offset > events.end);
        const missed = [...events.about(where.names), ...later].filter(({ offset, target }) =>
          where.concerns(offset, target),
        );
        where.last = Math.max(where.last, missed.at(-1)?.offset ?? 0);
        if (stand !== null) this.#leaveUnused(client, stand.session.sid, missed);
        if (missed.some(isLossMarker)) this.#finish(done, session);
        else this.#finish(done, session, missed);
        if (records.has(client)) records.save(client, json);
        return "done";
      });
    } catch (error) {
      records.channels.unlisten(client);
      throw error;
    } finally {
      this.#gatherings.delete(gathering);
    }
  }

  /** Forgets the room of a draft's sid if nothing was sent to it, as is nearly always so. */
  #leaveUnused(client: SessionState<Session>, room: string, missed: readonly StreamEvent[]): void {
    const isOwn = ({ target: { sid, rooms } }: StreamEvent) => sid === room || rooms?.includes(room) === true;
    if (!this.#stream.publisher.isIdle || missed.some(isOwn)) return;
    client.where.forget(room);
    this.#stream.channels.release(this.#stream.channels.room(room));
  }

  #finish(
    done: Done<Session>,
    session: Session | null,
    missed: readonly StreamEvent[] | null = null,
  ): "done" {
    try {
      const packets = missed?.map(this.#packetOf) ?? null;
      done({ session, missed: packets, numbers: missed?.map(({ offset }) => offset) ?? [] });
    } catch (error) {
      this.#report(error);
    }
    return "done";
  }

  #passed<T>(passed: (isWhole: boolean) => T): Promise<T> {
    return new Promise((resolve) => {
      this.#stream.barrier((isWhole) => resolve(passed(isWhole)));
    });
  }
}

/** Whether a client of this node is away and can be resumed. */
function isFree({ isHere, isTainted }: SessionState<RecoverySession>): boolean {
  return !isHere && !isTainted;
}

/** The offset after which a client has missed events; `null` when that is unknown. */
function startOf(
  { where, through }: { readonly where: MembershipHistory; readonly through: number },
  cursor: StreamPosition | null,
  epoch: string,
): number | null {
  // A client that has received an event of its session has a cursor of this epoch. Any other one is older.
  const told = cursor === null || cursor.epoch !== epoch ? where.start : cursor.number;
  const offset = Math.max(told, where.start);
  if (offset < where.floor) return null;
  return offset >= where.last ? Math.max(offset, through) : offset;
}

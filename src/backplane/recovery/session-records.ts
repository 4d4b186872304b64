/**
 * The clients that a process has of a recoverable namespace that several share, and their records, which any process can
 * go on with. At most one has a client at a time: whoever takes it counts up its generation, and nobody with an older
 * one can write any more.
 */

import type { Clock } from "../../base/time/clock.ts";
import {
  MembershipHistory,
  type OpenStayData,
  type SetNumber,
  type WhereaboutsData,
} from "../../core/recovery/membership-history.ts";
import type {
  RecoverySession,
  SessionRecord,
  SharedLogBounds,
  SharedLogOwner,
} from "../../core/recovery/recovery-log.ts";
import { BoundedWaits } from "../bus/bounded-waits.ts";
import { isPoison } from "../bus/open-requests.ts";
import { type EventStream, poisonous } from "../stream/event-stream.ts";
import { BrokerError } from "../stream/stream-link.ts";
import { recordKeyOf, SessionState } from "./session-state.ts";

/** A client's record. */
interface StoredRecord extends SessionRecord {
  readonly sid: string;
  readonly where: WhereaboutsData;
  readonly through: number;
}

/** What is known of a client, for a connection that asks to return as that client. */
export interface KnownClient<Session extends RecoverySession> {
  /** The client, where it is known in this process. */
  readonly session: Session | null;
  readonly record: SessionRecord | null;
  readonly where: MembershipHistory;
  readonly through: number;
}

/** The longest wait for a record to be written, in ms. */
const answerTimeout = 2000;
/** How long to wait before a record is written again that could not be, in ms. */
const retryDelay = 20;
/** How long a record outlives what it is for, in ms. */
const grace = 1000;
/** How many numbers may be missing before a client has to begin anew. */
const maxOpen = 1000;
/** How often what is known of those who are here is written again, in ms. */
const refreshBounds = { least: 500, most: 30_000 };

/** See above. */
export class SessionRecords<Session extends RecoverySession> {
  readonly #stream: EventStream;
  readonly #owner: SharedLogOwner<Session>;
  readonly #bounds: SharedLogBounds;
  readonly #node: string;
  readonly #clock: Clock;
  readonly #patience: BoundedWaits;
  /** By `pid`. */
  readonly #clients = new Map<string, SessionState<Session>>();
  /** The same, by the names of their records. */
  readonly #byKey = new Map<string, SessionState<Session>>();

  /**
   * @param stream - the events of the namespace
   * @param owner - the namespace in this process
   * @param bounds - how long clients may be away
   * @param node - this process among others
   */
  constructor(
    stream: EventStream,
    owner: SharedLogOwner<Session>,
    bounds: SharedLogBounds,
    node: string,
    clock: Clock,
  ) {
    this.#stream = stream;
    this.#owner = owner;
    this.#bounds = bounds;
    this.#node = node;
    this.#clock = clock;
    this.#patience = new BoundedWaits(answerTimeout, clock);
  }

  /** All that are known here. A list of its own, so that clients may go meanwhile. */
  all(): SessionState<Session>[] {
    return [...this.#clients.values()];
  }

  get(pid: string): SessionState<Session> | undefined {
    return this.#clients.get(pid);
  }

  /** The client that has a record. */
  ofRecord(key: string): SessionState<Session> | undefined {
    return this.#byKey.get(key);
  }

  /** Whether a client is still known here. */
  has(client: SessionState<Session>): boolean {
    return this.#clients.get(client.session.pid) === client;
  }

  add(client: SessionState<Session>): void {
    this.#clients.set(client.session.pid, client);
    if (!client.isDraft) this.#byKey.set(client.key, client);
  }

  /** It is none of this process any more; its record stays. */
  forget(client: SessionState<Session>): void {
    this.unlisten(client);
    if (!this.has(client)) return;
    this.#clients.delete(client.session.pid);
    this.#byKey.delete(client.key);
  }

  /** Another process has it. */
  lose(client: SessionState<Session>): void {
    this.forget(client);
    this.#owner.onTaken(client.session);
  }

  /** It will have to begin anew. */
  taint(client: SessionState<Session>): Promise<unknown> {
    client.isTainted = true;
    return this.drop(client);
  }

  /** Has its record deleted, if it is still with this process. Never rejects. */
  async drop(client: SessionState<Session>): Promise<void> {
    if (!client.isStored) return;
    const { key, generation } = client;
    await this.#stream.ask((link, place) => link.drop(place, key, generation)).catch(() => {});
  }

  /** What to wait for until a client's record is written; `null` for nothing. It never rejects. */
  kept(client: SessionState<Session> | undefined): Promise<void> | null {
    if (client === undefined || !this.#isAwaited(client)) return null;
    return this.#patience.wait(this.#written(client));
  }

  /** Nobody waits for records any more. */
  giveUpWaiting(): void {
    this.#patience.end();
  }

  /**
   * Something begins or ends for a client now: a number is told when it is known.
   *
   * @param number - the number, where it is known already
   */
  settle(client: SessionState<Session>, set: SetNumber, offset: number | undefined): void {
    if (offset !== undefined && client.open.size === 0) {
      set(offset);
      return;
    }
    if (client.open.size === maxOpen) {
      client.open.clear();
      this.taint(client);
    }
    client.open.add(set);
    this.#stream.head().then(
      (told) => {
        if (client.open.delete(set)) set(told);
      },
      // It is asked for again when there is a connection.
      () => {},
    );
  }

  /** Writes the record of a client, when this turn is over. */
  save(client: SessionState<Session>): void {
    if (client.isDraft) return;
    client.isDirty = true;
    client.saving ??= this.#write(client).then(async (isWell) => {
      // The connection may be about to be lost.
      if (!isWell && this.#canWrite(client)) await this.#pause();
      client.saving = null;
      // What came while it was being taken back, too.
      if (client.isDirty && this.#canWrite(client)) this.save(client);
    });
  }

  /**
   * Looks for a client, and leaves it with the process that has it; `null` where it is not known.
   *
   * @throws where the connection to the broker breaks
   */
  async find(pid: string): Promise<KnownClient<Session> | null> {
    const here = this.#clients.get(pid);
    if (here !== undefined) {
      while (here.saving !== null) await here.saving;
      const { session, where, through } = here;
      return here.isDraft ? null : { session, record: null, where, through };
    }
    const found = await this.#stream.ask((link, place, epoch) => link.find(place, epoch, recordKeyOf(pid)));
    if (found === null) return null;
    const record = recordOf(found.json);
    const where = MembershipHistory.from(record.sid, record.where, found.stays);
    return { session: null, record, where, through: record.through };
  }

  /** Waits until all numbers of a client are known; `false` where they cannot be. */
  settleOffsets(client: SessionState<Session>): Promise<boolean> {
    return this.#numbered(client);
  }

  /**
   * Takes a client from whoever has it; `null` where nobody knows it any more.
   *
   * @throws where the connection to the broker breaks
   */
  async claim(pid: string): Promise<SessionState<Session> | null> {
    const stream = this.#stream;
    const here = this.#clients.get(pid);
    if (here !== undefined) here.isClaimed = true;
    try {
      const asked = { key: recordKeyOf(pid), node: this.#node, time: this.#timeOf(true) };
      const taken = await stream.ask((link, place, epoch) => link.claim(place, epoch, asked));
      if (taken === null) return null;
      const { generation, json, stays } = taken;
      const client = this.#clients.get(pid) ?? this.#revive(pid, recordOf(json), stays);
      client.generation = generation;
      client.isStored = true;
      return client;
    } finally {
      if (here !== undefined) here.isClaimed = false;
    }
  }

  /** Has all channels heard on which something may come for a client. */
  listen(client: SessionState<Session>): void {
    if (client.isHere) return;
    client.isHere = true;
    for (const room of [client.where.sid, ...client.where.rooms]) {
      this.#stream.channels.hold(this.#stream.channels.room(room));
    }
  }

  /** It is not here any more. What comes now does not count as known. */
  unlisten(client: SessionState<Session>): void {
    if (!client.isHere) return;
    this.#look(client);
    client.isHere = false;
    for (const room of [client.where.sid, ...client.where.rooms]) {
      this.#stream.channels.release(this.#stream.channels.room(room));
    }
  }

  /** Waits until everything is heard that may be for a client. */
  async confirmed(client: SessionState<Session>): Promise<void> {
    for (;;) {
      const waits = this.#channelsOf(client).map((channel) => this.#stream.channels.confirmed(channel));
      const open = waits.filter((wait) => wait !== null);
      if (open.length === 0 || !client.isHere) return;
      await Promise.all(open);
    }
  }

  #revive(pid: string, record: StoredRecord, stays: readonly OpenStayData[]): SessionState<Session> {
    const { sid, where, through } = record;
    const session = this.#owner.revive({ pid, sid }, record);
    const client = new SessionState(session, MembershipHistory.from(sid, where, stays), 0, true);
    client.through = through;
    this.add(client);
    return client;
  }

  #canWrite(client: SessionState<Session>): boolean {
    return this.has(client) && !client.isTainted && !client.isClaimed && this.#stream.isUp;
  }

  #isAwaited(client: SessionState<Session>): boolean {
    return client.isDirty || client.saving !== null
      ? this.has(client) && !client.isTainted && !client.isClaimed && !this.#stream.isDetached
      : false;
  }

  async #written(client: SessionState<Session>): Promise<void> {
    while (this.#isAwaited(client)) {
      if (client.saving !== null) await client.saving;
      else if (this.#stream.isUp) return;
      else await this.#stream.settled();
    }
  }

  /** Waits until all numbers are known; `false` where they cannot be. */
  async #numbered({ open }: SessionState<Session>): Promise<boolean> {
    if (open.size === 0) return true;
    try {
      const offset = await this.#stream.head();
      for (const set of open) set(offset);
      open.clear();
      return true;
    } catch {
      return false;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(retryDelay, resolve);
    });
  }

  /** Writes until nothing has changed meanwhile; `false` where the broker does not answer. */
  async #write(client: SessionState<Session>): Promise<boolean> {
    const stream = this.#stream;
    await Promise.resolve();
    while (client.isDirty && this.#canWrite(client)) {
      if (client.isHere) await this.confirmed(client);
      if (!(await this.#numbered(client))) return false;
      if (!this.#canWrite(client)) break;
      // More may have begun meanwhile.
      if (client.open.size > 0) continue;
      client.isDirty = false;
      const channels = client.isHere ? this.#channelsOf(client) : [];
      const json = this.#describe(client);
      if (json === null) break;
      const changes = client.where.takeChanges();
      const record = {
        key: client.key,
        generation: client.generation,
        node: this.#node,
        json,
        stays: () => client.where.stays(),
        changes,
        isNew: !client.isStored,
        time: this.#timeOf(client.isHere),
      };
      if (isPoison(client)) {
        this.#giveUp(client, poisonous("what is known of a client,", json.length));
        break;
      }
      const saved = await stream
        .ask((link, place, epoch) => link.save(place, epoch, record), client)
        .catch((error: unknown) => (error instanceof BrokerError && error.isTooLarge ? error : undefined));
      if (saved instanceof BrokerError) {
        this.#giveUp(client, saved);
        break;
      }
      if (saved === undefined) {
        // It is written when there is a connection again.
        client.isDirty = true;
        client.where.giveBack(changes);
        return false;
      }
      if (saved === null) {
        if (this.has(client)) this.lose(client);
        break;
      }
      client.isStored = true;
      // It may have been given up in the meantime.
      if (client.isTainted) await this.drop(client);
      for (const channel of channels) stream.channels.heardSince(channel, saved);
    }
    return true;
  }

  /** The broker does not take what is known of a client. */
  #giveUp(client: SessionState<Session>, error: unknown): void {
    this.#stream.refuseClient(error);
    void this.taint(client);
  }

  /** The record of a client; `null` where it cannot be written. */
  #describe(client: SessionState<Session>): string | null {
    const { session, where } = client;
    this.#look(client);
    try {
      const { through } = client;
      const record: StoredRecord = {
        ...this.#owner.describe(session),
        sid: session.sid,
        where: where.toJSON(),
        through,
      };
      return JSON.stringify(record);
    } catch (error) {
      // Another process could only go on with half of what belongs to it.
      this.#owner.report(error);
      this.taint(client);
      return null;
    }
  }

  /** Notes what is known now of the events for a client that is here. */
  #look(client: SessionState<Session>): void {
    if (!client.isHere) return;
    const { where } = client;
    for (const channel of this.#channelsOf(client)) {
      where.last = Math.max(where.last, this.#stream.channels.latestOf(channel));
    }
    client.through = Math.max(client.through, this.#stream.offset);
  }

  /** How long a record is kept, in ms. */
  #timeOf(isHere: boolean): number {
    const { maxDisconnection, retention } = this.#bounds;
    return Math.ceil(grace + (isHere ? retention + 2 * refreshInterval(this.#bounds) : maxDisconnection));
  }

  #channelsOf({ where }: SessionState<Session>): string[] {
    const { everyone } = this.#stream.channels;
    return [everyone, ...[where.sid, ...where.rooms].map((room) => this.#stream.channels.room(room))];
  }
}

/** Reads a record. One of an earlier version knows less. */
function recordOf(json: string): StoredRecord {
  const record = JSON.parse(json) as StoredRecord;
  return { ...record, visitor: record.visitor ?? null, ends: record.ends ?? null };
}

/** How often what is known of those who are here is written again, in ms. */
export function refreshInterval({ maxDisconnection }: SharedLogBounds): number {
  return Math.min(Math.max(maxDisconnection / 3, refreshBounds.least), refreshBounds.most);
}

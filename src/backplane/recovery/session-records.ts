/**
 * The clients of one node in a shared recoverable namespace, and their records in the broker. One node owns
 * a client. Claiming increments the generation; the broker rejects writes with an older one.
 */

import type { Clock } from "../../base/time/clock.ts";
import {
  MembershipHistory,
  type OpenStayData,
  type SetNumber,
  type StayChanges,
} from "../../core/recovery/membership-history.ts";
import type {
  RecoverySession,
  SessionRecord,
  SharedLogBounds,
  SharedLogOwner,
} from "../../core/recovery/recovery-log.ts";
import { BoundedWaits } from "../bus/bounded-waits.ts";
import { isPoison, poisonous } from "../bus/open-requests.ts";
import type { EventStream } from "../stream/event-stream.ts";
import { BrokerError } from "../stream/stream-link.ts";
import { SessionChannels } from "./session-channels.ts";
import { recordKeyOf, SessionState } from "./session-state.ts";
import {
  areAlike,
  formatRecord,
  freshTime,
  parseRecord,
  recordTime,
  type StoredRecord,
} from "./stored-record.ts";

/** A client that was found for a connection that asks to return. */
export interface KnownClient<Session extends RecoverySession> {
  /** The session, if the client is in this node. */
  readonly session: Session | null;
  readonly record: SessionRecord | null;
  readonly where: MembershipHistory;
  readonly through: number;
}

/** A client that this node has claimed. */
export interface ClaimedSession<Session extends RecoverySession> {
  readonly client: SessionState<Session>;
  /** Its record, as the broker has it; `null` where it has to be written again in any case. */
  readonly json: string | null;
}

/** The parts of its node that the records need. */
export interface RecordsParts {
  /** The id of this node. */
  readonly node: string;
  readonly clock: Clock;
}

/** The longest wait for a write, in ms. */
const answerTimeout = 2000;
/** How long to wait after a failed write, in ms. */
const retryDelay = 20;
/** The most unknown offsets of a client. With more it cannot recover. */
const maxOpen = 1000;

/** Keeps the clients of a node, and writes and claims their records. */
export class SessionRecords<Session extends RecoverySession> {
  /** The channels of its clients. */
  readonly channels: SessionChannels;
  readonly #stream: EventStream;
  readonly #owner: SharedLogOwner<Session>;
  readonly #bounds: SharedLogBounds;
  readonly #node: string;
  readonly #clock: Clock;
  readonly #patience: BoundedWaits;
  /** By `pid`. */
  readonly #clients = new Map<string, SessionState<Session>>();
  /** The same clients by the names of their records. */
  readonly #byKey = new Map<string, SessionState<Session>>();
  /** The latest generation of another node that was told during a claim, by the name of the record. */
  readonly #claims = new Map<string, number>();

  /**
   * @param stream - the events of the namespace
   * @param owner - the namespace in this node
   * @param bounds - how long clients may be away
   * @param parts - the parts of its node that it needs
   */
  constructor(
    stream: EventStream,
    owner: SharedLogOwner<Session>,
    bounds: SharedLogBounds,
    { node, clock }: RecordsParts,
  ) {
    this.channels = new SessionChannels(stream);
    this.#stream = stream;
    this.#owner = owner;
    this.#bounds = bounds;
    this.#node = node;
    this.#clock = clock;
    this.#patience = new BoundedWaits(answerTimeout, clock);
  }

  /** All clients, in a new list, so that a loop over it may remove them. */
  all(): SessionState<Session>[] {
    return [...this.#clients.values()];
  }

  get(pid: string): SessionState<Session> | undefined {
    return this.#clients.get(pid);
  }

  /** The client with a record of this name. */
  ofRecord(key: string): SessionState<Session> | undefined {
    return this.#byKey.get(key);
  }

  /** Another node has claimed the client with a record of this name. */
  onTaken(key: string, generation: number): void {
    const known = this.#claims.get(key);
    if (known !== undefined) this.#claims.set(key, Math.max(known, generation));
    const client = this.#byKey.get(key);
    if (client !== undefined && client.generation < generation) this.lose(client);
  }

  /** Whether a client is still in this node. */
  has(client: SessionState<Session>): boolean {
    return this.#clients.get(client.session.pid) === client;
  }

  add(client: SessionState<Session>): void {
    this.#clients.set(client.session.pid, client);
    if (!client.isDraft) this.#byKey.set(client.key, client);
  }

  /** Removes a client from this node; its record stays. */
  forget(client: SessionState<Session>): void {
    this.channels.unlisten(client);
    if (!this.has(client)) return;
    this.#clients.delete(client.session.pid);
    this.#byKey.delete(client.key);
  }

  /** Another node has claimed a client. */
  lose(client: SessionState<Session>): void {
    this.forget(client);
    this.#owner.onTaken(client.session);
  }

  /** A client cannot recover any more. Deletes its record. */
  taint(client: SessionState<Session>): Promise<unknown> {
    client.isTainted = true;
    return this.drop(client);
  }

  /** Deletes the record of a client, if this node still has the client. Never rejects. */
  async drop(client: SessionState<Session>): Promise<void> {
    if (!client.isStored) return;
    const { key, generation } = client;
    await this.#stream.sync.ask((link, place) => link.drop(place, key, generation)).catch(() => {});
  }

  /** Resolves when a client's record is written; `null` when it is. Never rejects. */
  kept(client: SessionState<Session> | undefined): Promise<void> | null {
    if (client === undefined || !this.#isAwaited(client)) return null;
    return this.#patience.wait(this.#written(client));
  }

  /** Ends all waits for records. */
  giveUpWaiting(): void {
    this.#patience.end();
  }

  /**
   * A membership of a client begins or ends now. Tells its offset when it is known.
   *
   * @param offset - the offset, if it is known already
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
    this.#stream.publisher.head().then(
      (told) => {
        if (client.open.delete(set)) set(told);
      },
      // The next connection asks again.
      () => {},
    );
  }

  /**
   * Writes the record of a client at the end of this turn.
   *
   * @param kept - the record that the broker has, after a claim: it is written only where it has changed
   */
  save(client: SessionState<Session>, kept: string | null = null): void {
    if (client.isDraft) return;
    client.isDirty = true;
    client.saving ??= this.#write(client, kept).then(async (isWell) => {
      // The connection may be breaking.
      if (!isWell && this.#canWrite(client)) await this.#pause();
      client.saving = null;
      // This includes changes during a claim.
      if (client.isDirty && this.#canWrite(client)) this.save(client);
    });
  }

  /**
   * Finds a client, which stays with its node; `null` when there is none.
   *
   * @throws when the connection to the broker breaks
   */
  async find(pid: string): Promise<KnownClient<Session> | null> {
    const here = this.#clients.get(pid);
    if (here !== undefined) {
      while (here.saving !== null) await here.saving;
      const { session, where, through } = here;
      return here.isDraft ? null : { session, record: null, where, through };
    }
    const found = await this.#stream.sync.ask((link, place, epoch) =>
      link.find(place, epoch, recordKeyOf(pid)),
    );
    if (found === null) return null;
    const record = parseRecord(found.json);
    const where = MembershipHistory.from(record.sid, record.where, found.stays);
    return { session: null, record, where, through: record.through };
  }

  /** Waits for all offsets of a client; `false` when the broker cannot tell them. */
  settleOffsets(client: SessionState<Session>): Promise<boolean> {
    return this.#numbered(client);
  }

  /**
   * Claims a client for this node; `null` when there is no record, or another node has claimed it since.
   *
   * @throws when the connection to the broker breaks
   */
  async claim(pid: string): Promise<ClaimedSession<Session> | null> {
    const here = this.#clients.get(pid);
    if (here !== undefined) here.isClaimed = true;
    const key = recordKeyOf(pid);
    this.#claims.set(key, 0);
    try {
      const asked = { key, node: this.#node, time: recordTime(this.#bounds, true) };
      const taken = await this.#stream.sync.ask((link, place, epoch) => link.claim(place, epoch, asked));
      if (taken === null) return null;
      const { generation, json, stays, age = Number.POSITIVE_INFINITY } = taken;
      // The word of a later claim may come ahead of the answer to this one.
      if ((this.#claims.get(key) ?? 0) > generation) return null;
      const client = this.#clients.get(pid) ?? this.#revive(pid, parseRecord(json), stays);
      client.generation = generation;
      client.isStored = true;
      return { client, json: age <= freshTime(this.#bounds) ? json : null };
    } finally {
      this.#claims.delete(key);
      if (here !== undefined) here.isClaimed = false;
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
    return this.has(client) && !client.isTainted && !client.isClaimed && this.#stream.sync.isUp;
  }

  #isAwaited(client: SessionState<Session>): boolean {
    return client.isDirty || client.saving !== null
      ? this.has(client) && !client.isTainted && !client.isClaimed && !this.#stream.isDetached
      : false;
  }

  async #written(client: SessionState<Session>): Promise<void> {
    while (this.#isAwaited(client)) {
      if (client.saving !== null) await client.saving;
      else if (this.#stream.sync.isUp) return;
      else await this.#stream.settled();
    }
  }

  /** Waits for all offsets; `false` when the broker cannot tell them. */
  async #numbered({ open }: SessionState<Session>): Promise<boolean> {
    if (open.size === 0) return true;
    try {
      const offset = await this.#stream.publisher.head();
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

  /** Writes until nothing changes during a write; `false` when the broker does not answer. */
  async #write(client: SessionState<Session>, kept: string | null): Promise<boolean> {
    const stream = this.#stream;
    // Offsets that are heard from here on include this one, after a claim.
    const heard = stream.offset;
    let known = kept;
    await Promise.resolve();
    while (client.isDirty && this.#canWrite(client)) {
      if (client.isHere) await this.channels.confirmed(client);
      if (!(await this.#numbered(client))) return false;
      if (!this.#canWrite(client)) break;
      // Other memberships may have begun since.
      if (client.open.size > 0) continue;
      client.isDirty = false;
      const channels = client.isHere ? this.channels.of(client) : [];
      const json = this.#describe(client);
      if (json === null) break;
      const changes = client.where.takeChanges();
      if (known !== null && isEmpty(changes) && areAlike(known, json, client.session.sid)) {
        for (const channel of channels) stream.channels.heardSince(channel, heard);
        break;
      }
      known = null;
      const record = {
        key: client.key,
        generation: client.generation,
        node: this.#node,
        json,
        stays: () => client.where.stays(),
        changes,
        isNew: !client.isStored,
        time: recordTime(this.#bounds, client.isHere),
      };
      if (isPoison(client)) {
        this.#giveUp(client, poisonous("the record of a client,", json.length));
        break;
      }
      const saved = await stream.sync
        .ask((link, place, epoch) => link.save(place, epoch, record), client)
        .catch((error: unknown) => (error instanceof BrokerError && error.isTooLarge ? error : undefined));
      if (saved instanceof BrokerError) {
        this.#giveUp(client, saved);
        break;
      }
      if (saved === undefined) {
        // The next connection writes it.
        client.isDirty = true;
        client.where.giveBack(changes);
        return false;
      }
      if (saved === null) {
        if (this.has(client)) this.lose(client);
        break;
      }
      client.isStored = true;
      // The client may have been tainted during the write.
      if (client.isTainted) await this.drop(client);
      for (const channel of channels) stream.channels.heardSince(channel, saved);
    }
    return true;
  }

  /** The broker refuses the record of a client. */
  #giveUp(client: SessionState<Session>, error: unknown): void {
    this.#stream.refuseClient(error);
    void this.taint(client);
  }

  /** The record of a client as JSON; `null` when it cannot be encoded. */
  #describe(client: SessionState<Session>): string | null {
    this.channels.look(client);
    try {
      return formatRecord(client, this.#owner.describe(client.session));
    } catch (error) {
      // Another node would restore only a part of the session.
      this.#owner.report(error);
      this.taint(client);
      return null;
    }
  }
}

function isEmpty({ set, ended }: StayChanges): boolean {
  return set.length === 0 && ended.length === 0;
}

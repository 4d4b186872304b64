/**
 * The recovery log of a namespace in a broker, which all nodes share: events in the one order of an {@link
 * EventStream}, and a record of each client, so that any node can resume it.
 */

import type { Timer } from "../../base/time/clock.ts";
import { broadcastTrace, eventNameOf, traceBroadcast } from "../../core/broadcast-trace.ts";
import type { StreamPosition } from "../../core/model/stream-position.ts";
import { formatCursor } from "../../core/model/stream-position.ts";
import type { Target } from "../../core/model/target.ts";
import { JsonEventPacket } from "../../core/packet/event-packet.ts";
import { MembershipHistory } from "../../core/recovery/membership-history.ts";
import type {
  Found,
  RecoverableEvent,
  RecoveryLog,
  RecoverySession,
  SharedLogBounds,
  SharedLogOwner,
} from "../../core/recovery/recovery-log.ts";
import type { Turn } from "../../core/socket/turn.ts";
import type { OutgoingPacket } from "../../engine/outbox/outgoing-packet.ts";
import type { EventStream, StreamListener } from "../stream/event-stream.ts";
import { isEvent, type PendingEvent } from "../stream/pending-events.ts";
import type { StreamEvent, UnsequencedEvent } from "../stream/stream-event.ts";
import { RoomChanges } from "./room-changes.ts";
import { type RecordsParts, SessionRecords } from "./session-records.ts";
import { type Done, SessionResume } from "./session-resume.ts";
import { SessionState } from "./session-state.ts";
import { refreshInterval } from "./stored-record.ts";

/** The parts of its node that a log needs. */
export interface SharedLogParts extends RecordsParts {
  /** Called when the log ends. */
  readonly onEnd: () => void;
}

/** The log of one namespace in one node. */
export class SharedRecoveryLog<Session extends RecoverySession>
  implements RecoveryLog<Session>, StreamListener
{
  readonly #stream: EventStream;
  readonly #owner: SharedLogOwner<Session>;
  readonly #parts: SharedLogParts;
  readonly #records: SessionRecords<Session>;
  readonly #resume: SessionResume<Session>;
  readonly #changes = new RoomChanges<Session>();
  readonly #refresh: number;
  #timer: Timer | null = null;
  /** Whether events were sent without offsets, so that the clients here cannot recover later. */
  #isLossy = false;

  /**
   * @param stream - the events
   * @param owner - the namespace in this node
   * @param bounds - how much the broker keeps, and how long
   * @param parts - the parts of its node that it needs
   */
  constructor(
    stream: EventStream,
    owner: SharedLogOwner<Session>,
    bounds: SharedLogBounds,
    parts: SharedLogParts,
  ) {
    this.#stream = stream;
    this.#owner = owner;
    this.#parts = parts;
    this.#records = new SessionRecords(stream, owner, bounds, parts);
    this.#resume = new SessionResume(
      stream,
      this.#records,
      (event) => this.#packetOf(event),
      (error) => owner.report(error),
    );
    this.#refresh = refreshInterval(bounds);
    stream.listener = this;
    stream.channels.hold(stream.channels.everyone);
    this.#wait();
  }

  get cursor(): string {
    return this.#stream.cursor;
  }

  get number(): number {
    return this.#stream.offset;
  }

  append(event: RecoverableEvent): number {
    this.#stream.publisher.append(encoded(event));
    return 0;
  }

  lose(target: Target): void {
    this.#stream.publisher.lose(target);
  }

  get isBehind(): boolean {
    return !this.#stream.publisher.isIdle;
  }

  follow(turn: Turn): void {
    this.#stream.publisher.follow(turn);
  }

  underWay(session: Session | null): readonly (PendingEvent | Turn)[] {
    const items = this.#stream.publisher.underWay();
    const client = session === null ? undefined : this.#records.get(session.pid);
    if (client === undefined) return items;
    return items.filter((item) => !isEvent(item) || this.#changes.concerns(item, client));
  }

  open(session: Session, isDraft = false): void {
    const stream = this.#stream;
    const client = new SessionState(session, new MembershipHistory(session.sid), 1, false);
    client.isTainted = this.#isLossy;
    client.isDraft = isDraft;
    this.#records.add(client);
    if (!isDraft) this.#records.channels.listen(client);
    this.#records.settle(
      client,
      (offset) => client.where.begin(offset),
      stream.offsetOn(stream.channels.everyone),
    );
    this.#records.save(client);
  }

  join({ pid }: Session, room: string): void {
    const client = this.#records.get(pid);
    if (client === undefined || client.where.isIn(room)) return;
    const channel = this.#stream.channels.room(room);
    if (client.isHere) this.#stream.channels.hold(channel);
    const offset = client.isHere ? this.#stream.offsetOn(channel) : undefined;
    this.#records.settle(client, client.where.join(room), offset);
    if (!this.#stream.publisher.isIdle) this.#changes.add(client, room, true, this.#stream.publisher.sent);
    this.#records.save(client);
  }

  leave({ pid }: Session, room: string): void {
    const client = this.#records.get(pid);
    if (client === undefined || !client.where.isIn(room)) return;
    const channel = this.#stream.channels.room(room);
    const offset = client.isHere ? this.#stream.offsetOn(channel) : undefined;
    this.#records.settle(client, client.where.leave(room), offset);
    if (!this.#stream.publisher.isIdle) this.#changes.add(client, room, false, this.#stream.publisher.sent);
    if (client.isHere) this.#stream.channels.release(channel);
    this.#records.save(client);
  }

  rooms({ pid }: Session): string[] {
    return this.#records.get(pid)?.where.rooms ?? [];
  }

  rest({ pid }: Session): void {
    const client = this.#records.get(pid);
    if (client === undefined) return;
    this.#records.channels.unlisten(client);
    this.#records.save(client);
  }

  note({ pid }: Session): void {
    const client = this.#records.get(pid);
    if (client !== undefined) this.#records.save(client);
  }

  close({ pid }: Session): void {
    const client = this.#records.get(pid);
    if (client === undefined) return;
    this.#records.forget(client);
    void this.#records.taint(client);
  }

  kept({ pid }: Session): Promise<void> | null {
    return this.#records.kept(this.#records.get(pid));
  }

  end(): void {
    this.#timer?.cancel();
    for (const client of this.#records.all()) this.#records.forget(client);
    this.#stream.channels.release(this.#stream.channels.everyone);
    this.#stream.listener = null;
    this.#parts.onEnd();
  }

  /** Resolves when all pending records are written. */
  async drained(): Promise<void> {
    await Promise.all(this.#records.all().map(({ saving }) => saving));
  }

  find(pid: string, cursor: StreamPosition | null, done: (found: Found<Session> | null) => void): void {
    void this.#resume.find(pid, cursor, done);
  }

  resume(pid: string, cursor: StreamPosition | null, draft: Session | null, done: Done<Session>): void {
    const stand = draft === null ? undefined : this.#records.get(draft.pid);
    this.#resume.resume({ pid, cursor, stand: stand ?? null, done });
  }

  onEvent(event: StreamEvent, isLate: boolean, isRepeated: boolean): void {
    const { target } = event;
    const isForeign = !isRepeated && event.origin !== this.#parts.node;
    if (isForeign) this.#owner.onForeignEvent(target, event.event);
    const { broadcasts, contexts } = this.#owner.operations;
    if (isForeign && !isLate && broadcasts.isActive) {
      const about = broadcastTrace(target, eventNameOf(event.event), { acknowledged: false, remote: true });
      contexts.within(event.carrier ?? null, () => {
        traceBroadcast(broadcasts, about, () => this.#deliver(event, false, false));
      });
    } else {
      this.#deliver(event, isLate, isRepeated);
    }
    this.#resume.gather(event);
  }

  /** Returns how many sockets took an event that is neither late nor repeated. */
  #deliver(event: StreamEvent, isLate: boolean, isRepeated: boolean): number {
    const { offset, target } = event;
    const packet = this.#packetOf(event);
    if (isLate || isRepeated) {
      for (const client of this.#records.all()) {
        const isMeant = client.isHere && client.where.concerns(offset, target);
        if (isMeant && !(isRepeated && client.isTainted)) this.#owner.handTo(client.session, packet);
      }
    } else if (this.#changes.isEmpty || event.origin !== this.#parts.node) {
      return this.#owner.hand(target, packet);
    } else {
      const { without, also } = this.#changes.exceptions(event);
      const skip = without.length === 0 ? target.skip : [...(target.skip ?? []), ...without];
      this.#owner.hand({ ...target, skip }, packet);
      for (const session of also) this.#owner.handTo(session, packet);
    }
    return 0;
  }

  onUnsequenced({ target, event, compress }: UnsequencedEvent): void {
    if (!this.#isLossy) {
      this.#isLossy = true;
      for (const client of this.#records.all()) if (client.isHere) client.isTainted = true;
    }
    this.#owner.hand(target, this.#owner.packetOf(event, { compress }, this.cursor));
  }

  onRefused({ target, event, compress }: UnsequencedEvent): void {
    this.#owner.hand(target, this.#owner.packetOf(event, { compress }, this.cursor));
  }

  onLoss(mark: StreamEvent): void {
    for (const client of this.#records.all()) {
      if (client.isHere && client.where.concerns(mark.offset, mark.target)) this.#records.taint(client);
    }
    this.#resume.gather(mark);
  }

  onGap(): Promise<unknown> {
    return Promise.all(this.#records.all().map((client) => this.#records.taint(client)));
  }

  onTaken(key: string, generation: number): void {
    this.#records.onTaken(key, generation);
  }

  onBreak(): void {
    this.#changes.clear();
    for (const client of this.#records.all()) {
      this.#records.forget(client);
      if (!client.isDraft) this.#owner.onBroken(client.session);
    }
  }

  onUp(): void {
    this.#isLossy = false;
    for (const client of this.#records.all()) {
      if (client.isTainted) this.#records.drop(client);
      else this.#records.save(client);
    }
  }

  onDetached(): void {
    this.#changes.clear();
    this.#records.giveUpWaiting();
  }

  #packetOf({ event, compress, offset }: StreamEvent): OutgoingPacket {
    return this.#owner.packetOf(event, { compress }, formatCursor(this.#stream.sync.epoch, offset));
  }

  /**
   * Writes the records of connected clients from time to time: they expire, and the sessions may have
   * changed.
   */
  #wait(): void {
    this.#timer = this.#parts.clock.after(this.#refresh, () => {
      for (const client of this.#records.all()) if (client.isHere) this.#records.save(client);
      this.#wait();
    });
  }
}

/** Encodes an event for the stream. */
export function encoded({ target, event, values, flags, carrier }: RecoverableEvent): UnsequencedEvent {
  const { encoded: bytes } = new JsonEventPacket(target.namespace, event, values);
  const compress = flags.compress !== false;
  return carrier == null ? { target, event: bytes, compress } : { target, event: bytes, compress, carrier };
}

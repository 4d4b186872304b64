/**
 * A returning client, until its `connect` handler has decided.
 *
 * The handler sees the client's earlier data and rooms, and its own changes are recorded as a draft. Until it
 * accepts the client, the stored session and the last connection stay as they are. For that time the client
 * has an id of its own, under which the log keeps events for it.
 */

import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import type { StreamPosition } from "../model/stream-position.ts";
import { clientIn, type Target } from "../model/target.ts";
import type { ClientSession, SessionScope } from "../ports.ts";
import type { ReceivedEvents } from "../socket/received-events.ts";
import type { AuthenticationEnd, Recoverable, ReturningClient, Socket } from "../socket/socket.ts";
import { Draft } from "./draft.ts";
import type { Found, RecoveryLog, RecoverySession, SessionRecord } from "./recovery-log.ts";

/** What a client sends when it asks to return. */
export interface ReturnRequest {
  /** The secret with which it proves its identity. */
  readonly pid: string;
  /** Its position in the stream in its own words; `null` where it gives none. */
  readonly cursor: StreamPosition | null;
  /** The application's data. */
  readonly rest: unknown;
  /** A digest of its HTTP session; `null` where the server knows none. */
  readonly visitor: string | null;
}

/** Sends events of a recoverable namespace. */
export interface RecoverableEvents {
  emit(target: Target, event: string, values: readonly unknown[], flags: PacketFlags): void;
}

/** What a returning client asks of its namespace. */
export interface ReturningOwner<Session extends RecoverySession> {
  readonly namespace: string;
  readonly events: RecoverableEvents;
  /** Keeps events for the client until it is accepted. */
  readonly log: Pick<RecoveryLog<Session>, "number" | "join" | "leave">;
  /** The client was refused, or has left. */
  onReturnEnd(returning: Returning<Session>): void;
}

/** The parts of a return that is under way. */
export interface ReturningParts<Session extends RecoverySession> {
  /** The client's socket. */
  readonly socket: Socket;
  /** What the client sent. */
  readonly request: ReturnRequest;
  /** What the log knows of the client. */
  readonly found: Found<Session>;
  /** The client's data. */
  readonly record: SessionRecord;
  /** Stands for the client in the log. */
  readonly draft: Session;
}

/** The session for the `connect` handler of a returning client. */
class DraftSession implements ClientSession {
  readonly isPrivate = true;
  readonly #draft: Draft;
  #data: Record<string, unknown>;

  constructor(data: Record<string, unknown>) {
    this.#draft = new Draft(data);
    this.#data = this.#draft.data;
  }

  begin(): SessionScope {
    const current = () => this.#data;
    return {
      get data() {
        return current();
      },
      end() {},
    };
  }

  snapshot(): Record<string, unknown> {
    return this.#data;
  }

  replace(): void {}

  origin(): null {
    return null;
  }

  /**
   * The client is accepted: the handler's changes go into the client's session, which the handler uses from
   * now on.
   */
  settle(data: Record<string, unknown>): void {
    this.#draft.applyTo(data);
    this.#data = data;
  }
}

/** A client that asks to return. */
export class Returning<Session extends RecoverySession = RecoverySession>
  implements Recoverable, ReturningClient
{
  readonly request: ReturnRequest;
  readonly socket: Socket;
  /** The session that it returns to, where this process has it. */
  readonly known: Session | null;
  /** Stands for the client in the log until then. */
  readonly draft: Session;
  readonly session: DraftSession | null;
  /** When the client's authentication ends, unless the handler sets another time. */
  readonly ends: AuthenticationEnd | null;
  /** The rooms of the earlier session that the handler has removed. */
  readonly left = new Set<string>();
  /** For each held packet without a number, the number of the latest event at that time. */
  readonly places: number[] = [];
  /** The ids of events that the client has sent. */
  received: ReceivedEvents | null = null;
  readonly #owner: ReturningOwner<Session>;
  readonly #rooms: ReadonlySet<string>;
  readonly #publicData: Draft;
  /** What the handler does while the return is under way; `null` before. */
  #later: (() => void)[] | null = null;

  /**
   * @param owner - the namespace
   * @param parts - the parts of the return
   */
  constructor(
    owner: ReturningOwner<Session>,
    { socket, request, found: { session, rooms }, record, draft }: ReturningParts<Session>,
  ) {
    this.#owner = owner;
    this.socket = socket;
    this.request = request;
    this.known = session;
    this.draft = draft;
    this.ends = record.ends;
    this.#rooms = new Set(rooms);
    this.#publicData = new Draft(record.publicData);
    this.session =
      record.data === null || !socket.client.session.isPrivate ? null : new DraftSession(record.data);
    socket.recoverable = this;
    socket.recovered = true;
    socket.publicData = this.#publicData.data;
    for (const room of rooms) socket.rooms.add(room);
    socket.returning = this;
  }

  get address(): string {
    return this.draft.sid;
  }

  /** The client gets it when it is accepted. */
  get pid(): string {
    return this.request.pid;
  }

  /** There is nothing to wait for. */
  get kept(): null {
    return null;
  }

  emit(event: string, values: readonly unknown[], flags: PacketFlags): void {
    const { events, namespace } = this.#owner;
    events.emit(clientIn(namespace, this.address), event, values, flags);
  }

  join(room: string, act: () => void): boolean {
    const { rooms, sid } = this.socket;
    if (room === sid || room === this.address || rooms.has(room)) return false;
    rooms.add(room);
    if (this.#later !== null) this.#later.push(act);
    else if (!this.left.delete(room)) this.#owner.log.join(this.draft, room);
    return true;
  }

  leave(room: string, act: () => void): boolean {
    if (!this.socket.rooms.delete(room)) return false;
    if (this.#later !== null) this.#later.push(act);
    else if (this.#rooms.has(room)) this.left.add(room);
    else this.#owner.log.leave(this.draft, room);
    return true;
  }

  /** The handler accepts the client: later changes wait until the return is complete. */
  take(): void {
    this.#later ??= [];
  }

  /** The client has returned. The handler's changes go into the stored session. */
  settle(session: ClientSession, publicData: Record<string, unknown>): void {
    const data = session.isPrivate ? session.snapshot() : null;
    if (data !== null) this.session?.settle(data);
    this.#publicData.applyTo(publicData);
  }

  /** Carries out what the handler did while the return was under way. */
  catchUp(): void {
    for (const act of this.#later ?? []) act();
  }

  onHold(): void {
    this.places.push(this.#owner.log.number);
  }

  onJoin(): void {}

  onLeave(): void {}

  onAccept(): void {}

  onChange(): void {}

  onClose(_reason: DisconnectReason): void {
    this.#owner.onReturnEnd(this);
  }
}

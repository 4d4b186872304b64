/**
 * A client that asks to return, until it is let in. Its `connect` handler sees what the client would go on with, and what
 * the handler does for the client is noted: none of it touches what is kept of the client, or its last connection, before
 * the handler has decided. It has an id of its own for that time, under which the log keeps what is sent to it.
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

/** What a client says of itself that asks to return. */
export interface ReturnRequest {
  /** The secret by which it proves who it is. */
  readonly pid: string;
  /** How far it says it has come; `null` where it says nothing. */
  readonly cursor: StreamPosition | null;
  /** What the application asks for. */
  readonly rest: unknown;
  /** Whose HTTP session it comes with; `null` where the server knows none. */
  readonly visitor: string | null;
}

/** Sends events of a recoverable namespace. */
export interface RecoverableEvents {
  emit(target: Target, event: string, values: readonly unknown[], flags: PacketFlags): void;
}

/** What a returning client needs of its namespace. */
export interface ReturningOwner<Session extends RecoverySession> {
  readonly namespace: string;
  readonly events: RecoverableEvents;
  /** Keeps what is sent to the client until it is let in. */
  readonly log: Pick<RecoveryLog<Session>, "number" | "join" | "leave">;
  /** It is not let in, or has left before. */
  onReturnEnd(returning: Returning<Session>): void;
}

/** The session that the `connect` handler of a returning client sees. */
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

  /** The client is let in: what the handler has changed goes into its session, which the handler sees from now on. */
  settle(data: Record<string, unknown>): void {
    this.#draft.applyTo(data);
    this.#data = data;
  }
}

/** See above. */
export class Returning<Session extends RecoverySession = RecoverySession>
  implements Recoverable, ReturningClient
{
  readonly request: ReturnRequest;
  readonly socket: Socket;
  /** The client that it goes on as, where this process knows that. */
  readonly known: Session | null;
  /** What the log knows of the client until then. */
  readonly draft: Session;
  readonly session: DraftSession | null;
  /** When the client's authentication ends, unless the handler says otherwise. */
  readonly ends: AuthenticationEnd | null;
  /** The rooms that the client finds again, but for those out of which the handler has taken it. */
  readonly left = new Set<string>();
  /** Where the log was when each packet was held back that has no number. */
  readonly places: number[] = [];
  /** What the client has sent under ids of its own. */
  received: ReceivedEvents | null = null;
  readonly #owner: ReturningOwner<Session>;
  readonly #rooms: ReadonlySet<string>;
  readonly #publicData: Draft;
  /** What the handler does when the client is about to be let in; `null` before. */
  #later: (() => void)[] | null = null;

  /**
   * @param owner - the namespace
   * @param socket - the client's
   * @param request - what it says of itself
   * @param found - what is kept of it
   * @param record - what else is known of it
   * @param draft - stands for it in the log
   */
  constructor(
    owner: ReturningOwner<Session>,
    socket: Socket,
    request: ReturnRequest,
    { session, rooms }: Found<Session>,
    record: SessionRecord,
    draft: Session,
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

  /** It is told when it is let in. */
  get pid(): string {
    return this.request.pid;
  }

  /** Nothing is kept of it yet. */
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

  /** The handler lets the client in: what is noted is settled now, and what the handler still does is done after that. */
  take(): void {
    this.#later ??= [];
  }

  /** The client is let in. What the handler has changed goes into what is kept of the client. */
  settle(session: ClientSession, publicData: Record<string, unknown>): void {
    const data = session.isPrivate ? session.snapshot() : null;
    if (data !== null) this.session?.settle(data);
    this.#publicData.applyTo(publicData);
  }

  /** Does what the handler has still done. */
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

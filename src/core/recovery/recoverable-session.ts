/** One client of a recoverable namespace, across its connections. */

import { emptyData } from "../../base/bare-data.ts";
import { generateId } from "../../base/id.ts";
import { Deadline } from "../../base/time/deadline-queue.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import { clientIn } from "../model/target.ts";
import type { ClientSession } from "../ports.ts";
import type { ReceivedEvents } from "../socket/received-events.ts";
import type { AuthenticationEnd, Recoverable, Socket } from "../socket/socket.ts";
import type { RecoveryLog, RecoverySession } from "./recovery-log.ts";
import type { RecoverableEvents, ReturnRequest } from "./returning.ts";

/** What a session asks of its namespace. */
export interface RecoverableSessionOwner {
  /** The namespace's name. */
  readonly namespace: string;
  readonly events: RecoverableEvents;
  readonly log: RecoveryLog<RecoverableSession>;
  /** The client was accepted. */
  onAccept(session: RecoverableSession): void;
  /** The client's connection has ended, or the client was refused. */
  onClose(session: RecoverableSession, reason: DisconnectReason): void;
}

/** The recovery session of one client, from its first request to join until it cannot return any more. */
export class RecoverableSession implements RecoverySession, Recoverable {
  readonly pid: string;
  readonly sid: string;
  readonly deadline = new Deadline<RecoverableSession>(this);
  readonly #owner: RecoverableSessionOwner;
  /**
   * `new`: asks to join for the first time. `here`: connected. `away`: its connection is lost, and it may
   * return. `returning`: asks to join again, while its time still runs. `over`: cannot return.
   */
  state: "new" | "here" | "away" | "returning" | "over" = "new";
  /** Its time ended while it was returning. */
  isDue = false;
  socket: Socket | null = null;
  /** The rooms for which this process stays subscribed while the client is away. */
  held: readonly string[] = [];
  /** The client's public data. */
  publicData = emptyData();
  /** The client's session, while it is away. */
  data: ClientSession | null = null;
  /** The session's data, when it comes from another process. */
  restored: Record<string, unknown> | null = null;
  /** The ids of events that the client has sent, so that none is handled twice. */
  received: ReceivedEvents | null = null;
  /** While the client is away, the memory that it takes, in bytes, approximately. */
  weight = 0;
  /** A digest of its HTTP session: see `visitorOf`. `null` where the server knows none. */
  visitor: string | null;
  /** When its authentication ends, while it is not connected; `null` for never. */
  ends: AuthenticationEnd | null = null;
  /** How many connections ask to return as this client. */
  returningCount = 0;
  /** The session that it asked to return to, and could not: it ends when this client is accepted. */
  predecessor: ReturnRequest | null = null;

  constructor(owner: RecoverableSessionOwner, sid: string, visitor: string | null, pid = generateId()) {
    this.#owner = owner;
    this.sid = sid;
    this.visitor = visitor;
    this.pid = pid;
  }

  get kept(): Promise<void> | null {
    return this.#owner.log.kept(this);
  }

  emit(event: string, values: readonly unknown[], flags: PacketFlags): void {
    const { events, namespace } = this.#owner;
    events.emit(clientIn(namespace, this.sid), event, values, flags);
  }

  onJoin(room: string): void {
    this.#owner.log.join(this, room);
  }

  onLeave(room: string): void {
    this.#owner.log.leave(this, room);
  }

  onAccept(): void {
    this.#owner.onAccept(this);
  }

  onChange(): void {
    this.#owner.log.note(this);
  }

  onClose(reason: DisconnectReason): void {
    this.#owner.onClose(this, reason);
  }
}

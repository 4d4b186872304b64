/** One client of a recoverable namespace, from its first acceptance until it is waited for no longer. */

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
  /** The client has been let in. */
  onAccept(session: RecoverableSession): void;
  /** The connection of the client has ended, or the client was not let in. */
  onClose(session: RecoverableSession, reason: DisconnectReason): void;
}

/** One client, from its first acceptance until it is waited for no longer. */
export class RecoverableSession implements RecoverySession, Recoverable {
  readonly pid: string;
  readonly sid: string;
  readonly deadline = new Deadline<RecoverableSession>(this);
  readonly #owner: RecoverableSessionOwner;
  /**
   * It asks to join for the first time; it is here; it is waited for; it asks to be let in again, while its time goes on;
   * it will not come back.
   */
  state: "new" | "here" | "away" | "returning" | "over" = "new";
  /** Its time ran out while it was returning. */
  isDue = false;
  socket: Socket | null = null;
  /** The rooms whose events have to come from other processes because it is away. */
  held: readonly string[] = [];
  /** What everybody may know of the client. */
  publicData = emptyData();
  /** What handlers keep of the client. */
  data: ClientSession | null = null;
  /** The same, where it comes from another process. */
  restored: Record<string, unknown> | null = null;
  /** What the client has sent, so that it is not handled again. */
  received: ReceivedEvents | null = null;
  /** While it is waited for, about how many bytes it takes. */
  weight = 0;
  /** Whose HTTP session it came with; `null` where the server knows none. */
  visitor: string | null;
  /** When its authentication ends, while it is not here; `null` for never. */
  ends: AuthenticationEnd | null = null;
  /** How many ask to return as this client. */
  returningCount = 0;
  /** What it asked to return as, and could not: that is over when this one is let in. */
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

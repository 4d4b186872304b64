/**
 * Recovery in one namespace: sends events to clients that are here, and keeps them for clients that are away.
 *
 * Its parts know the clients ({@link RecoverySessions}) and let them join ({@link RecoveryJoins}).
 */

import type { Clock } from "../../base/time/clock.ts";
import type { ContextPropagation } from "../../base/tracing/context-propagation.ts";
import type { OutgoingPacket, PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import type { Target } from "../model/target.ts";
import type { Codec } from "../packet/codec.ts";
import { JsonEventPacket } from "../packet/event-packet.ts";
import type { Socket } from "../socket/socket.ts";
import { Turn } from "../socket/turn.ts";
import { CursorPackets } from "./cursor-packets.ts";
import { type MemoryBounds, MemoryRecoveryLog } from "./memory-recovery-log.ts";
import { RecoverableSession } from "./recoverable-session.ts";
import { type JoinedNamespace, RecoveryJoins } from "./recovery-joins.ts";
import type { RecoverableEvent, RecoveryLog, RecoveryLogOwner, SharedRecovery } from "./recovery-log.ts";
import {
  type RecoveryListener,
  RecoverySessions,
  type SessionBounds,
  type SessionNamespace,
} from "./recovery-sessions.ts";
import { type VisitorName, Visitors } from "./visitor.ts";

/** How long clients may be away, and how much is kept for them. */
export interface RecoverySettings extends MemoryBounds, SessionBounds {
  /** How long a client may be away, in ms. */
  readonly maxDisconnection: number;
  /** The part of an HTTP session that identifies a visitor; `null` for all of it. */
  readonly visitor?: VisitorName | null;
}

/** What recovery needs of its namespace. */
export interface RecoverableNamespace extends SessionNamespace, JoinedNamespace {
  select(target: Target): readonly Socket[];
}

/** What recovery is made with. */
export interface RecoveryParts {
  readonly codec: Codec;
  readonly clock: Clock;
  readonly listener: RecoveryListener;
  /** Shared with other processes; `null` for a log in memory. */
  readonly shared: SharedRecovery | null;
}

/** Recovery in one namespace. */
export class Recovery implements RecoveryLogOwner {
  /** Whether clients can return to any of several processes. */
  readonly isShared: boolean;
  /** The clients that are here or away. */
  readonly sessions: RecoverySessions;
  /** The clients that ask to join. */
  readonly joins: RecoveryJoins;
  readonly #namespace: RecoverableNamespace;
  readonly #packets: CursorPackets;
  readonly #log: RecoveryLog<RecoverableSession>;
  /** The contexts of events for other processes; `null` where there are none of these. */
  readonly #contexts: ContextPropagation | null;

  /**
   * @param namespace - the namespace
   * @param settings - how long to wait, and how much to keep
   * @param parts - what it is made with
   */
  constructor(namespace: RecoverableNamespace, settings: RecoverySettings, parts: RecoveryParts) {
    const { codec, clock, listener, shared } = parts;
    this.isShared = shared !== null;
    this.#contexts = shared === null ? null : listener.operations.contexts;
    this.#namespace = namespace;
    this.#packets = new CursorPackets(codec, namespace.name);
    const visitors = new Visitors(settings.visitor ?? null, (error) => listener.report(error));
    this.sessions = new RecoverySessions(
      {
        namespace,
        events: this,
        packets: this.#packets,
        visitors,
        listener,
        clock,
        openLog: (owner) =>
          shared === null
            ? new MemoryRecoveryLog(this, settings, clock)
            : shared.open<RecoverableSession>(namespace.name, owner, settings),
      },
      settings,
      shared !== null,
    );
    this.#log = this.sessions.log;
    this.joins = new RecoveryJoins(namespace, this.sessions, visitors);
  }

  /** The number of clients that are away or about to join. */
  get awayCount(): number {
    return this.sessions.awayCount + this.joins.size;
  }

  /**
   * Sends an event to the clients of a target that are here, and keeps it for those that are away.
   *
   * @returns how many sockets took it
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  emit(target: Target, event: string, values: readonly unknown[], flags: PacketFlags): number {
    const carrier = this.#contexts?.carrier() ?? null;
    const recoverable: RecoverableEvent =
      carrier === null ? { target, event, values, flags } : { target, event, values, flags, carrier };
    if (flags.volatile !== true) return this.#log.append(recoverable);
    return this.emitHere(recoverable);
  }

  /** Sends an event to clients that are here, after everything sent before, without keeping it. */
  emitHere(event: RecoverableEvent): number {
    // A client takes the last string of any event for its cursor, so this event needs one as well.
    if (!this.#log.isBehind) return this.deliver(event, this.#packets.encode(event, this.#log.cursor));
    const { target, values, flags } = event;
    const { encoded } = new JsonEventPacket(target.namespace, event.event, values);
    const sockets = this.#namespace.select(target);
    let cursor: string | null = null;
    let packet: OutgoingPacket | null = null;
    this.inTurn(sockets, (socket) => {
      if (packet === null || cursor !== this.#log.cursor) {
        cursor = this.#log.cursor;
        packet = this.#packets.append(encoded, flags, cursor);
      }
      socket.deliver(packet);
    });
    return sockets.length;
  }

  /** Whether events of this process have not reached its own clients yet. */
  get isBehind(): boolean {
    return this.#log.isBehind;
  }

  /** Acts on sockets after everything that this process has sent before. */
  inTurn(sockets: readonly Socket[], act: (socket: Socket) => void): void {
    if (this.#log.isBehind) this.#log.follow(new Turn(sockets, act));
    else for (const socket of sockets) act(socket);
  }

  /**
   * Sends an event of another process, without keeping it, to clients that are here.
   *
   * @returns how many sockets took it
   */
  receive(target: Target, event: EncodedEvent, flags: PacketFlags): number {
    // The other process does not know of recovery here.
    if (flags.volatile !== true) this.#log.lose(target);
    return this.#namespace.broadcast(this.#packets.append(event, flags, this.#log.cursor), target);
  }

  encode(event: RecoverableEvent, cursor: string): OutgoingPacket {
    return this.#packets.encode(event, cursor);
  }

  deliver({ target }: RecoverableEvent, packet: OutgoingPacket): number {
    return this.#namespace.broadcast(packet, target);
  }

  /**
   * Settles when other processes know the state of these clients; `null` when there is nothing to wait for.
   */
  allKept(target: Target): Promise<unknown> | null {
    if (!this.isShared) return null;
    const waits = this.#namespace
      .select(target)
      .map(({ recoverable }) => recoverable?.kept ?? null)
      .filter((wait) => wait !== null);
    return waits.length === 0 ? null : Promise.all(waits);
  }

  /** Sends everything that was sent before to a client that is about to be disconnected for good. */
  flush(socket: Socket): void {
    if (!this.#log.isBehind) return;
    const { recoverable } = socket;
    const session = recoverable instanceof RecoverableSession ? recoverable : null;
    for (const item of this.#log.underWay(session)) {
      if (item instanceof Turn) item.takeFor(socket);
      else if (session !== null || isMeant(socket, item.target))
        socket.deliver(this.#packets.append(item.event, {}, this.#log.cursor));
    }
  }

  /** No client is here or away any more. */
  end(): void {
    this.#log.end();
  }
}

/** Whether a target includes a client. */
function isMeant({ sid, rooms }: Socket, target: Target): boolean {
  if (target.skip?.some((name) => name === sid || rooms.has(name)) === true) return false;
  if (target.sid !== null) return target.sid === sid;
  return target.rooms === null || target.rooms.some((room) => room === sid || rooms.has(room));
}

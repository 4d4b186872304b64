/** Creates the sockets of clients that join a recoverable namespace: of new clients and of returning ones. */

import { generateId } from "../../base/id.ts";
import type { OutgoingPacket } from "../../engine/outbox/outgoing-packet.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import { parseCursor } from "../model/stream-position.ts";
import type { Rooms } from "../socket/rooms.ts";
import { Socket, type SocketOwner } from "../socket/socket.ts";
import { RecoverableSession } from "./recoverable-session.ts";
import type { Found, RecoveryLog, SessionRecord } from "./recovery-log.ts";
import type { RecoverySessions } from "./recovery-sessions.ts";
import { type RecoverableEvents, Returning, type ReturningOwner, type ReturnRequest } from "./returning.ts";
import type { Visitors } from "./visitor.ts";

/** What joins need of their namespace. */
export interface JoinedNamespace {
  readonly name: string;
  readonly rooms: Rooms;
  newSid(): string;
  add(socket: Socket): void;
}

/** The clients that ask to join one namespace. */
export class RecoveryJoins implements ReturningOwner<RecoverableSession> {
  readonly namespace: string;
  readonly events: RecoverableEvents;
  readonly log: RecoveryLog<RecoverableSession>;
  readonly #namespace: JoinedNamespace;
  readonly #sessions: RecoverySessions;
  readonly #visitors: Visitors;
  /** How many lookups of returning clients are running. */
  #opening = 0;
  /** Returning clients that are not accepted yet, by the id that the server uses for each until then. */
  readonly #returning = new Map<string, Returning<RecoverableSession>>();

  /**
   * @param namespace - the namespace
   * @param sessions - the clients that are here or away
   * @param visitors - compares HTTP sessions
   */
  constructor(namespace: JoinedNamespace, sessions: RecoverySessions, visitors: Visitors) {
    this.namespace = namespace.name;
    this.events = sessions.events;
    this.log = sessions.log;
    this.#namespace = namespace;
    this.#sessions = sessions;
    this.#visitors = visitors;
  }

  /** The number of clients that are about to join. */
  get size(): number {
    return this.#opening + this.#returning.size;
  }

  /** Finds the socket of a returning client by the id that the server uses until the client is accepted. */
  returning(address: string): Socket | undefined {
    return this.#returning.get(address)?.socket;
  }

  /**
   * Creates the socket of a client that asks to join: of a new client, or of one that returns.
   *
   * @param client - the client
   * @param auth - came with its request
   * @param enter - takes the socket, at once or later
   * @param isWanted - whether the client still asks to join
   */
  open(
    client: SocketOwner,
    auth: unknown,
    enter: (socket: Socket) => void,
    isWanted: () => boolean = () => true,
  ): void {
    const origin = client.session.origin();
    if (!(origin instanceof Promise)) {
      this.#open(client, auth, this.#visitors.of(origin), enter, isWanted);
      return;
    }
    this.#opening += 1;
    const open = (visitor: string) => {
      this.#opening -= 1;
      if (isWanted()) this.#open(client, auth, visitor, enter, isWanted);
      else this.#sessions.settle();
    };
    // A session that cannot be read equals no other. Its handler reports the error.
    origin.then((session) => this.#visitors.of(session) ?? "", generateId).then(open);
  }

  /** Takes no object: that would be an allocation for each client that joins. */
  #open(
    client: SocketOwner,
    auth: unknown,
    visitor: string | null,
    enter: (socket: Socket) => void,
    isWanted: () => boolean,
  ): void {
    const returning = readReturn(auth);
    if (returning === null) {
      enter(this.#begin(client, auth, visitor));
      return;
    }
    const { pid, offset, rest } = returning;
    const cursor = parseCursor(offset);
    const request = { pid, cursor: cursor ?? null, rest, visitor };
    this.#opening += 1;
    this.log.find(pid, request.cursor, (found) => {
      this.#opening -= 1;
      if (!isWanted()) {
        this.#sessions.settle();
        return;
      }
      const record = found?.record ?? (found?.session ? this.#sessions.describe(found.session) : null);
      // The visitor has logged in or out, or another visitor has the secret: the session stays out of reach.
      if (found === null || record === null || record.visitor !== visitor) {
        this.#sessions.onNotRecovered("unknown");
        enter(this.#begin(client, rest, visitor));
      } else if (cursor === undefined || !found.isWhole) {
        this.#sessions.onNotRecovered("events lost");
        enter(this.#begin(client, request.rest, request.visitor, request));
      } else {
        enter(this.#return(client, request, found, record));
      }
    });
  }

  /**
   * Completes the join of a client that the `connect` handler has accepted. A returning client replaces its
   * last connection, which ends now.
   *
   * @param done - called once, at once or later: with `null` on success, or with the reason why the client
   *   cannot return
   */
  admit(socket: Socket, done: (obstacle: DisconnectReason | null) => void): void {
    const { recoverable, client } = socket;
    if (recoverable instanceof Returning) {
      const { ends } = recoverable;
      const isOver = client.ends === undefined && ends !== null && ends.at <= Date.now();
      if (isOver) done("authentication expired");
      else this.#take(recoverable as Returning<RecoverableSession>, done);
    } else if (recoverable instanceof RecoverableSession && recoverable.predecessor !== null) {
      this.#supersede(socket, recoverable, recoverable.predecessor, done);
    } else {
      done(null);
    }
  }

  /** Creates the socket of a client that was accepted but cannot return: it asks to join as a new client. */
  startOver({ client, auth, recoverable }: Socket, obstacle: DisconnectReason): Socket {
    if (!(recoverable instanceof Returning)) return this.#begin(client, auth, null);
    const { request, received } = recoverable;
    // For any other reason, the old client is gone already, or another connection has it.
    if (obstacle === "authentication expired")
      return this.#begin(client, request.rest, request.visitor, request);
    const socket = this.#begin(client, auth, request.visitor);
    socket.received = received;
    return socket;
  }

  /** Keeps the namespace open during an action. */
  hold(act: () => void): void {
    this.#opening += 1;
    act();
    this.#opening -= 1;
  }

  onReturnEnd(returning: Returning<RecoverableSession>): void {
    if (!this.#returning.delete(returning.address)) return;
    this.log.close(returning.draft);
    const { known } = returning;
    if (known !== null) {
      known.returningCount -= 1;
      if (known.isDue && known.state === "away" && known.returningCount === 0) this.#sessions.expire(known);
    }
    this.#sessions.settle();
  }

  #return(
    client: SocketOwner,
    request: ReturnRequest,
    found: Found<RecoverableSession>,
    record: SessionRecord,
  ): Socket {
    const socket = new Socket(found.sid, this.#namespace.name, client, request.rest);
    const draft = new RecoverableSession(this.#sessions, this.#namespace.newSid(), request.visitor);
    this.log.open(draft, true);
    const returning = new Returning(this, { socket, request, found, record, draft });
    this.#returning.set(returning.address, returning);
    if (found.session !== null) found.session.returningCount += 1;
    return socket;
  }

  #take(returning: Returning<RecoverableSession>, done: (obstacle: DisconnectReason | null) => void): void {
    const { socket, draft } = returning;
    const { pid, cursor } = returning.request;
    returning.take();
    this.#opening += 1;
    this.log.resume(pid, cursor, draft, ({ session, missed, numbers }) => {
      this.#opening -= 1;
      if (socket.isClosed) {
        if (session !== null && session.socket === null) this.#sessions.giveBack(session, missed !== null);
        this.#sessions.settle();
        done(null);
      } else if (session === null) {
        done("events lost");
      } else if (session.socket !== null) {
        // The last connection still looks alive, but only one of the two can stay. What the client sends
        // while it ends counts as missed, so the log must be asked again.
        session.socket.client.abandon("client returned");
        this.#take(returning, done);
      } else if (missed === null) {
        returning.received = session.received;
        this.#sessions.expire(session);
        done("events lost");
      } else {
        this.#restore(session, returning, missed, numbers);
        done(null);
      }
    });
  }

  /** Ends the session that a client could not return to: a new client takes its place. */
  #supersede(
    socket: Socket,
    session: RecoverableSession,
    { pid, cursor }: ReturnRequest,
    done: (obstacle: null) => void,
  ): void {
    this.#opening += 1;
    this.log.resume(pid, cursor, null, ({ session: before }) => {
      this.#opening -= 1;
      session.predecessor = null;
      if (before !== null) {
        before.socket?.client.abandon("client returned");
        // It is still the same client, and may repeat events that it sent before.
        socket.received ??= before.received;
        if (before.state !== "over") this.#sessions.expire(before);
      }
      this.#sessions.settle();
      done(null);
    });
  }

  /** @param predecessor - the session that the client could not return to */
  #begin(
    client: SocketOwner,
    auth: unknown,
    visitor: string | null,
    predecessor: ReturnRequest | null = null,
  ): Socket {
    const session = new RecoverableSession(this.#sessions, this.#namespace.newSid(), visitor);
    session.predecessor = predecessor;
    this.log.open(session);
    const socket = new Socket(session.sid, this.#namespace.name, client, auth);
    socket.recoverable = session;
    socket.publicData = session.publicData;
    session.socket = socket;
    return socket;
  }

  #restore(
    session: RecoverableSession,
    returning: Returning<RecoverableSession>,
    missed: readonly OutgoingPacket[],
    numbers: readonly number[],
  ): void {
    const { socket, left, address } = returning;
    const { client } = socket;
    session.state = "returning";
    this.#sessions.endWait(session);
    if (session.data !== null) client.adopt(session.data);
    else if (session.restored !== null) client.session.replace(session.restored);
    session.restored = null;
    session.socket = socket;
    returning.settle(client.session, session.publicData);
    socket.publicData = session.publicData;
    socket.received = session.received;
    socket.recoverable = session;
    socket.returning = null;
    const held = socket.takeHeld();
    socket.rooms.clear();
    this.#namespace.add(socket);
    for (const room of this.log.rooms(session)) {
      if (room === address || left.has(room)) this.log.leave(session, room);
      else this.#namespace.rooms.join(socket, room);
    }
    this.#sessions.releaseRooms(session);
    this.onReturnEnd(returning);
    // These packets wait until the client is accepted, and come before all later ones.
    for (const packet of inOrder(missed, numbers, held, returning.places)) socket.deliver(packet);
    if (client.ends === undefined && session.ends !== null)
      client.expireAt(session.ends.at, session.ends.notice);
    returning.catchUp();
  }
}

/**
 * Merges packets without numbers into those with numbers: each one follows the event that was the latest when
 * it was sent.
 */
function* inOrder(
  missed: readonly OutgoingPacket[],
  numbers: readonly number[],
  held: readonly OutgoingPacket[],
  places: readonly number[],
): Iterable<OutgoingPacket> {
  let next = 0;
  for (const [index, packet] of missed.entries()) {
    for (; next < held.length && (places[next] ?? 0) < (numbers[index] ?? 0); next += 1)
      yield* held.slice(next, next + 1);
    yield packet;
  }
  yield* held.slice(next);
}

/** What a returning client sends besides the application's own data. */
interface Return {
  readonly pid: string;
  readonly offset: unknown;
  /** The application's data; `undefined` for none, as in a first request to join. */
  readonly rest: unknown;
}

/** The form of a `pid`. Other texts belong to the application. */
const pidForm = /^[\w-]{20}$/;

function readReturn(auth: unknown): Return | null {
  if (typeof auth !== "object" || auth === null || !("pid" in auth)) return null;
  const { pid, offset, ...rest } = auth as { pid: unknown; offset?: unknown };
  if (typeof pid !== "string" || pid.length !== 20 || !pidForm.test(pid)) return null;
  return { pid, offset, rest: Object.keys(rest).length === 0 ? undefined : rest };
}

/** Makes the sockets of clients that ask to join a recoverable namespace: new ones, and those of clients that return. */

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

/** What joining needs of its namespace. */
export interface JoinedNamespace {
  readonly name: string;
  readonly rooms: Rooms;
  newSid(): string;
  add(socket: Socket): void;
}

/** Clients that ask to join one namespace. */
export class RecoveryJoins implements ReturningOwner<RecoverableSession> {
  readonly namespace: string;
  readonly events: RecoverableEvents;
  readonly log: RecoveryLog<RecoverableSession>;
  readonly #namespace: JoinedNamespace;
  readonly #sessions: RecoverySessions;
  readonly #visitors: Visitors;
  /** How many clients it is being found out about whether they come back. */
  #opening = 0;
  /** The clients that ask to return, by the id under which the server reaches each until it is let in. */
  readonly #returning = new Map<string, Returning<RecoverableSession>>();

  /**
   * @param namespace - where the clients are
   * @param sessions - the clients that are known
   * @param visitors - tells visitors of the web application apart
   */
  constructor(namespace: JoinedNamespace, sessions: RecoverySessions, visitors: Visitors) {
    this.namespace = namespace.name;
    this.events = sessions.events;
    this.log = sessions.log;
    this.#namespace = namespace;
    this.#sessions = sessions;
    this.#visitors = visitors;
  }

  /** The number of clients that are about to be let in, or not. */
  get size(): number {
    return this.#opening + this.#returning.size;
  }

  /** The socket of a client that asks to return, by the id under which it is reached until it is let in. */
  returning(address: string): Socket | undefined {
    return this.#returning.get(address)?.socket;
  }

  /**
   * Makes the socket of a client that asks to join: a new one, or one that goes on where its last one ended.
   *
   * @param client - the client
   * @param auth - what it sent along
   * @param enter - takes the socket, at once or later
   * @param isWanted - whether the client still asks
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
    // Where the session cannot be read, its handler is told. Such a session equals no other.
    origin.then((session) => this.#visitors.of(session) ?? "", generateId).then(open);
  }

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
      // The visitor has logged out, or in, or another visitor has the secret: what was there stays out of reach.
      if (found === null || record === null || record.visitor !== visitor)
        enter(this.#begin(client, rest, visitor));
      else if (cursor === undefined || !found.isWhole)
        enter(this.#begin(client, request.rest, request.visitor, request));
      else enter(this.#return(client, request, found, record));
    });
  }

  /**
   * Settles what the `connect` handler has let in. A client that returns takes the place of its last connection, which ends now.
   *
   * @param done - called once, at once or later: with `null` where all is well, or with what keeps the client from returning
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

  /** Makes the socket of a client that was let in to return, and cannot: it asks to join as a new one. */
  beginAnew({ client, auth, recoverable }: Socket, obstacle: DisconnectReason): Socket {
    if (!(recoverable instanceof Returning)) return this.#begin(client, auth, null);
    const { request, received } = recoverable;
    // Where it could not return for another reason, that client is gone already, or another connection has it.
    if (obstacle === "authentication expired")
      return this.#begin(client, request.rest, request.visitor, request);
    const socket = this.#begin(client, auth, request.visitor);
    socket.received = received;
    return socket;
  }

  /** Holds the namespace while something is done. */
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
    const returning = new Returning(this, socket, request, found, record, draft);
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
        // Its last connection still counts as alive, but only one of the two can be. What it sends while it ends is
        // among what the client has missed, so that has to be asked for again.
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

  /** Ends what a client asked to return as, and could not: a new client is let in instead. */
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
        // It is the same client all the same, and may send again what it has sent before.
        socket.received ??= before.received;
        if (before.state !== "over") this.#sessions.expire(before);
      }
      this.#sessions.settle();
      done(null);
    });
  }

  /** @param predecessor - what the client asked to return as, and could not */
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
    // Held back until the client is accepted, and before what is sent from now on.
    for (const packet of inOrder(missed, numbers, held, returning.places)) socket.deliver(packet);
    if (client.ends === undefined && session.ends !== null)
      client.expireAt(session.ends.at, session.ends.notice);
    returning.catchUp();
  }
}

/** Puts packets that have no numbers among those that have: each behind what had its number when it was sent. */
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

/** What a client that comes back sends along besides what the application asks for. */
interface Return {
  readonly pid: string;
  readonly offset: unknown;
  /** What the application asks for; `undefined` for nothing, as in a first request to join. */
  readonly rest: unknown;
}

/** Whether a text can be a `pid`: others are the application's own. */
const pidForm = /^[\w-]{20}$/;

function readReturn(auth: unknown): Return | null {
  if (typeof auth !== "object" || auth === null || !("pid" in auth)) return null;
  const { pid, offset, ...rest } = auth as { pid: unknown; offset?: unknown };
  if (typeof pid !== "string" || pid.length !== 20 || !pidForm.test(pid)) return null;
  return { pid, offset, rest: Object.keys(rest).length === 0 ? undefined : rest };
}

/**
 * One node with clients of a recoverable namespace, on a fake broker.
 * Clients are plain lists of what they received.
 */

import { SharedRecoveryLog } from "../../src/backplane/recovery/shared-recovery-log.ts";
import { ServerOperations } from "../../src/base/tracing/tracing-channels.ts";
import { parseCursor, type StreamPosition } from "../../src/core/model/stream-position.ts";
import { everyoneIn, type Target } from "../../src/core/model/target.ts";
import type {
  Found,
  RecoverySession,
  SessionRecord,
  SharedLogOwner,
} from "../../src/core/recovery/recovery-log.ts";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../src/protocol/socket-packet.ts";
import { eventFor, StreamNode, type StreamNodeOptions } from "./stream-node.ts";

/** How long clients may stay disconnected, and how many events are stored for how long; times in ms. */
export const bounds = { maxEvents: 1000, maxDisconnection: 60_000, retention: 60_000 };

/** A client, on any node. */
export class TestClient implements RecoverySession {
  readonly pid: string;
  readonly sid: string;
  /** The values of the events that it received, in order. */
  readonly got: unknown[] = [];
  /** Its position in the stream, which it sends when it comes back. */
  cursor: StreamPosition | null = null;

  constructor(sid: string) {
    this.sid = sid;
    this.pid = `secret of ${sid}`;
  }

  receive({ text }: OutgoingPacket): void {
    const [value, cursor] = JSON.parse(text);
    this.got.push(value);
    this.cursor = parseCursor(cursor) ?? null;
  }
}

/** A session, as one node knows it. */
export interface TestSession extends RecoverySession {
  /** The data that handlers store for the client. */
  data: Record<string, unknown>;
}

interface Socket {
  readonly client: TestClient;
  readonly rooms: Set<string>;
}

/** One node of an application with recovery. */
export class RecoveryNode extends StreamNode implements SharedLogOwner<TestSession> {
  readonly log: SharedRecoveryLog<TestSession>;
  /** The reports of the log, in order. */
  readonly heard: string[] = [];
  readonly operations = new ServerOperations();
  /** The events of other nodes, as they were told. */
  readonly foreign: string[] = [];
  /** The clients that are connected here, by sid. */
  readonly #sockets = new Map<string, Socket>();
  readonly #sessions = new Map<string, TestSession>();

  constructor(options: StreamNodeOptions) {
    super({ age: 120_000, ...options });
    const parts = { node: this.node, clock: this.clock, onEnd: () => this.heard.push("end") };
    this.log = new SharedRecoveryLog<TestSession>(this.stream, this, bounds, parts);
  }

  /** A client connects for the first time. */
  arrive(client: TestClient, isDraft = false): TestSession {
    const session = { pid: client.pid, sid: client.sid, data: {} };
    this.#sessions.set(client.sid, session);
    this.#sockets.set(client.sid, { client, rooms: new Set() });
    this.log.open(session, isDraft);
    return session;
  }

  join(client: TestClient, ...rooms: string[]): void {
    for (const room of rooms) {
      this.#sockets.get(client.sid)?.rooms.add(room);
      this.log.join(this.session(client), room);
    }
  }

  leave(client: TestClient, room: string): void {
    this.#sockets.get(client.sid)?.rooms.delete(room);
    this.log.leave(this.session(client), room);
  }

  /** The connection of a client breaks; the client may come back to any node. */
  drop(client: TestClient): void {
    this.#sockets.delete(client.sid);
    this.log.rest(this.session(client));
  }

  /** A client leaves for good. */
  close(client: TestClient): void {
    this.#sockets.delete(client.sid);
    this.log.close(this.session(client));
  }

  send(value: unknown, rooms: readonly string[] | null = null, skip: readonly string[] | null = null): void {
    const target = { ...everyoneIn("/"), rooms, skip };
    this.log.append({ target, event: "said", values: [value], flags: {} });
  }

  /** Sends an event without a log. */
  sendFor(value: unknown, rooms: readonly string[] | null = null): void {
    this.stream.publisher.append(eventFor(rooms, value));
  }

  find(client: TestClient, cursor = client.cursor): Promise<Found<TestSession> | null> {
    return new Promise((resolve) => this.log.find(client.pid, cursor, resolve));
  }

  /**
   * A client comes back. If all events that it missed are available, it receives them at once and is
   * connected here.
   *
   * @returns how it came back
   */
  resume(
    client: TestClient,
    {
      cursor = client.cursor,
      draft = null,
    }: { cursor?: StreamPosition | null; draft?: TestSession | null } = {},
  ): Promise<"recovered" | "incomplete" | "unknown"> {
    return new Promise((resolve) =>
      this.log.resume(client.pid, cursor, draft, ({ session, missed }) => {
        if (session === null) resolve("unknown");
        else if (missed === null) resolve("incomplete");
        else {
          this.#sessions.set(client.sid, session);
          for (const packet of missed) client.receive(packet);
          this.#sockets.set(client.sid, { client, rooms: new Set(this.log.rooms(session)) });
          resolve("recovered");
        }
      }),
    );
  }

  session({ sid }: TestClient): TestSession {
    const session = this.#sessions.get(sid);
    if (session === undefined) throw new Error(`There is no session of ${sid}.`);
    return session;
  }

  packetOf({ body }: { readonly body: string }, _flags: unknown, cursor: string): OutgoingPacket {
    return new OutgoingPacket(JSON.stringify([JSON.parse(body)[1], cursor]));
  }

  onForeignEvent({ namespace }: Target, { body }: EncodedEvent): void {
    this.foreign.push(`${namespace} ${body}`);
  }

  hand({ sid, rooms, skip }: Target, packet: OutgoingPacket): number {
    let count = 0;
    for (const [own, socket] of this.#sockets) {
      const names = sid === null ? rooms : [sid];
      const isIn = names === null || names.some((name) => name === own || socket.rooms.has(name));
      if (!isIn || skip?.includes(own) === true) continue;
      socket.client.receive(packet);
      count += 1;
    }
    return count;
  }

  handTo({ sid }: TestSession, packet: OutgoingPacket): void {
    this.#sockets.get(sid)?.client.receive(packet);
  }

  describe({ data }: TestSession): SessionRecord {
    return { data, publicData: {}, visitor: null, ends: null };
  }

  revive({ pid, sid }: RecoverySession, { data }: SessionRecord): TestSession {
    return { pid, sid, data: data ?? {} };
  }

  onTaken({ sid }: TestSession): void {
    this.#sockets.delete(sid);
    this.heard.push(`taken ${sid}`);
  }

  onBroken({ sid }: TestSession): void {
    this.#sockets.delete(sid);
    this.heard.push(`broken ${sid}`);
  }
}

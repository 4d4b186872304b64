/**
 * This process in a cluster of Socket.IO servers that use `@socket.io/redis-adapter`, whose channels and messages these
 * are; `@socket.io/redis-emitter` is heard, too. Their servers wait for an answer of every subscriber, so each question
 * gets one.
 */

import { randomBytes } from "node:crypto";
import type { Clock, Timer } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { AckListener } from "../../core/model/ack-listener.ts";
import { disconnectReasonEvent } from "../../core/model/disconnect-notice.ts";
import type { Operation } from "../../core/model/operation.ts";
import { withoutSecrets } from "../../core/model/secret-names.ts";
import {
  type FoundCount,
  type FoundSockets,
  type SocketInfo,
  tellHeaders,
  tellQuery,
} from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import { checkEventName, type EventPacket } from "../../core/packet/event-packet.ts";
import type { AckRequest, Backplane } from "../../core/ports.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import { decodeMessagePack } from "../../protocol/message-pack-reader.ts";
import { MessagePackWriter } from "../../protocol/message-pack-writer.ts";
import { encodeEvent } from "../../protocol/socket-packet-encoder.ts";
import { BoundedWaits } from "../bus/bounded-waits.ts";
import type { Bus, BusListener } from "../bus/bus.ts";
import { Subscriptions } from "../bus/subscriptions.ts";
import { type ForeignOwner, IgnoredMessages } from "../cluster/ignored-messages.ts";
import type { LocalClients } from "../cluster/ports.ts";
import { foreignName, foreignNames } from "./interop-names.ts";

/** What servers ask each other; the numbers are the format's. */
const requestTypes = {
  sockets: 0,
  allRooms: 1,
  join: 2,
  leave: 3,
  disconnect: 4,
  fetch: 5,
  serverSideEmit: 6,
  broadcast: 7,
  clientCount: 8,
  acknowledgement: 9,
} as const;

/** The number of an event's packet, which is the same with attachments. */
const eventType = 2;
/** How long another server may take to answer, in ms. */
const answerTimeout = 2000;
/** How long the channels of a namespace are kept that nobody is in, in ms. */
const linger = 5000;
/** The most questions that are open at a time: an answer may never come. */
const maxQuestions = 10_000;

const noLimits = { maxDepth: 1000, maxAttachments: Number.MAX_SAFE_INTEGER };

interface Options {
  readonly rooms: readonly unknown[];
  readonly except: readonly unknown[];
  readonly flags?: { readonly volatile?: boolean; readonly compress?: boolean } | undefined;
}

/** A request, as far as it is known: it comes from outside. */
interface Request {
  readonly type: number;
  readonly uid?: string;
  readonly requestId?: string;
  readonly opts?: Options;
  readonly rooms?: readonly unknown[];
  readonly sid?: unknown;
  readonly room?: unknown;
  readonly close?: boolean;
  readonly packet?: { readonly data: readonly unknown[]; readonly nsp?: string };
}

interface Response {
  readonly type?: number;
  readonly requestId: string;
  readonly packet?: unknown;
  readonly sockets?: readonly {
    readonly id: string;
    readonly rooms: readonly string[];
    readonly data?: unknown;
  }[];
}

interface OpenQuestion {
  readonly timer: Timer | null;
  onResponse(response: Response): void;
  /** Nothing more will come. */
  onEnd(): void;
}

/** The channels of one namespace. */
interface Channels {
  readonly namespace: string;
  readonly base: string;
  readonly pattern: string;
  readonly request: string;
  readonly response: string;
  /** The rooms with members here. */
  readonly rooms: Map<string, number>;
}

/** See above. */
export class RedisAdapter implements Backplane, BusListener {
  readonly sidPrefix = "";
  readonly #uid = randomBytes(3).toString("hex");
  readonly #bus: Bus;
  readonly #key: string;
  readonly #clients: LocalClients;
  readonly #owner: ForeignOwner;
  readonly #clock: Clock;
  readonly #trace: Trace;
  readonly #interest: Subscriptions;
  readonly #patience: BoundedWaits;
  readonly #namespaces = new Map<string, Channels>();
  readonly #questions = new Map<string, OpenQuestion>();
  readonly #ignored: IgnoredMessages;
  #isUp = false;

  /**
   * @param bus - brings and takes the messages of Redis's channels under their own names
   * @param key - what the names of all channels begin with
   * @param clients - the clients of this process
   * @param owner - who is told of the bus
   * @param clock - where time comes from
   * @param trace - where to tell what happens
   */
  constructor(bus: Bus, key: string, clients: LocalClients, owner: ForeignOwner, clock: Clock, trace: Trace) {
    this.#ignored = new IgnoredMessages(`the channels "${key}"`, owner, trace);
    this.#bus = bus;
    this.#key = key;
    this.#clients = clients;
    this.#owner = owner;
    this.#clock = clock;
    this.#trace = trace;
    this.#interest = new Subscriptions(bus, linger, clock);
    this.#patience = new BoundedWaits(answerTimeout, clock);
  }

  open(): Promise<void> {
    return this.#bus.open(this);
  }

  async close(): Promise<void> {
    this.#patience.end();
    for (const id of [...this.#questions.keys()]) this.#end(id);
    this.#interest.close();
    await this.#bus.close();
  }

  emit(
    target: Target,
    _packet: EventPacket,
    event: string,
    values: readonly unknown[],
    flags: PacketFlags,
  ): void {
    const { base } = this.#channelsOf(target.namespace);
    const options = optionsOf(target, flags);
    const [room] = options.rooms;
    const channel = options.rooms.length === 1 ? `${base}${String(room)}#` : base;
    this.#send(channel, pack([this.#uid, packetOf(target.namespace, event, values), options]));
  }

  publish(operation: Operation): Promise<void> {
    if (operation.type === "close room") {
      const { namespace, room } = operation;
      this.#request(namespace, {
        type: requestTypes.leave,
        opts: { rooms: [room], except: [] },
        rooms: [room],
      });
      return Promise.resolve();
    }
    const { target } = operation;
    const opts = optionsOf(target);
    switch (operation.type) {
      case "join":
      case "leave":
        this.#request(target.namespace, {
          type: requestTypes[operation.type],
          opts,
          rooms: [operation.room],
        });
        break;
      case "disconnect":
        if (operation.notice !== null) {
          const { base } = this.#channelsOf(target.namespace);
          const packet = packetOf(target.namespace, disconnectReasonEvent, [operation.notice]);
          this.#send(base, pack([this.#uid, packet, opts]));
        }
        this.#request(target.namespace, { type: requestTypes.disconnect, opts, close: operation.close });
        break;
      default:
        operation satisfies never;
    }
    return Promise.resolve();
  }

  ask({ target, event, values }: AckRequest, timeout: number | null, listener: AckListener): () => void {
    const { namespace, sid } = target;
    const request = {
      type: requestTypes.broadcast,
      packet: packetOf(namespace, event, values),
      // Their servers forget the question after this time.
      opts: { ...optionsOf(target), flags: { timeout: timeout ?? 60_000 } },
    };
    return this.#question(namespace, request, timeout, {
      onResponse: ({ type, requestId, packet }) => {
        if (type !== requestTypes.acknowledgement) return;
        listener.onAnswer(sid ?? "", [packet]);
        if (sid !== null) this.#end(requestId);
      },
      onEnd: () => listener.onEnd([]),
      onExpire: () => {
        if (sid !== null) listener.onFailure(sid, "timeout");
      },
    });
  }

  sockets(target: Target): Promise<FoundSockets> {
    const found: SocketInfo[] = [];
    return new Promise((resolve) => {
      const request = { type: requestTypes.fetch, opts: optionsOf(target) };
      const { namespace, sid } = target;
      this.#question(namespace, request, answerTimeout, {
        onResponse: ({ requestId, sockets = [] }) => {
          for (const socket of sockets) found.push(infoOf(namespace, socket));
          // How many servers there are is not known; where one client is meant, one answer is enough.
          if (sid !== null && found.length > 0) this.#end(requestId);
        },
        onEnd: () => resolve({ sockets: found, missing: [] }),
        onExpire() {},
      });
    });
  }

  /** There is no other way to ask. */
  async count(target: Target): Promise<FoundCount> {
    const { sockets, missing } = await this.sockets(target);
    return { count: sockets.length, missing };
  }

  onNamespaceOpen(namespace: string): Promise<void> | null {
    const { pattern, request, response } = this.#channelsOf(namespace);
    for (const subject of [pattern, request, response]) this.#interest.hold(subject);
    return this.#confirmed([pattern, request, response]);
  }

  onNamespaceEmpty(namespace: string): void {
    const { pattern, request, response } = this.#channelsOf(namespace);
    for (const subject of [pattern, request, response]) this.#interest.release(subject);
    this.#namespaces.delete(namespace);
  }

  onRoomOpen(namespace: string, room: string): void {
    const { rooms } = this.#channelsOf(namespace);
    rooms.set(room, (rooms.get(room) ?? 0) + 1);
  }

  onRoomEmpty(namespace: string, room: string): void {
    const { rooms } = this.#channelsOf(namespace);
    const holders = (rooms.get(room) ?? 0) - 1;
    if (holders > 0) rooms.set(room, holders);
    else rooms.delete(room);
  }

  subscribed(): null {
    return null;
  }

  onMessage(channel: string, bytes: Uint8Array): void {
    try {
      this.#take(channel, bytes);
    } catch (error) {
      // Whatever a message holds, it must not end the process.
      this.#ignored.tell("a message cannot be read", String(error));
    }
  }

  onUp(): void {
    this.#isUp = true;
    if (this.#trace.active) this.#trace.publish({ type: "backplane up", bus: this.#bus.name });
    this.#owner.onUp();
  }

  onDown(error: unknown): void {
    this.#isUp = false;
    this.#patience.end();
    this.#clients.onGap();
    if (this.#trace.active) {
      this.#trace.publish({ type: "backplane down", bus: this.#bus.name, reason: String(error) });
    }
    this.#owner.onDown(error);
  }

  onRefused(error: unknown): void {
    this.#owner.onRefused(error);
  }

  #take(channel: string, bytes: Uint8Array): void {
    for (const channels of this.#namespaces.values()) {
      const { namespace, base, request, response, rooms } = channels;
      if (channel === request) {
        this.#answer(namespace, response, unpack(bytes) as Request);
        return;
      }
      if (channel.startsWith(response)) {
        const answer = unpack(bytes) as Response;
        this.#questions.get(answer.requestId)?.onResponse(answer);
        return;
      }
      if (channel.startsWith(base)) {
        const room = channel.slice(base.length, -1);
        // What is for a room of others need not be read.
        if (room === "" || rooms.has(room) || this.#describe(namespace, [room]).length > 0) {
          this.#deliver(namespace, decodeMessagePack(bytes, noLimits));
        }
        return;
      }
    }
  }

  #deliver(namespace: string, message: unknown): void {
    const [uid, packet, options] = message as [string, Request["packet"], Options];
    if (uid === this.#uid || packet === undefined || (packet.nsp ?? "/") !== namespace) return;
    const { volatile, compress } = options.flags ?? {};
    this.#clients.deliver(this.#targetOf(namespace, options), eventOf(namespace, packet), {
      volatile,
      compress,
    });
  }

  #answer(namespace: string, channel: string, request: Request): void {
    const { type, uid, requestId, opts } = request;
    // Their servers carry out their own requests when these come back; this one has done so before.
    if (uid === this.#uid) return;
    const reply = (answer: object) => {
      this.#send(channel, Buffer.from(JSON.stringify({ requestId, ...answer })));
    };
    switch (type) {
      case requestTypes.sockets:
        reply({ sockets: this.#describe(namespace, request.rooms ?? []).map(({ sid }) => sid) });
        break;
      case requestTypes.allRooms:
        reply({ rooms: [...new Set(this.#describe(namespace, []).flatMap(({ rooms }) => rooms))] });
        break;
      case requestTypes.join:
      case requestTypes.leave:
      case requestTypes.disconnect: {
        const sid = foreignName(request.sid);
        const isHere = sid !== null && this.#describe(namespace, [sid]).length > 0;
        if (opts === undefined && !isHere) break;
        const target = this.#targetOf(namespace, opts ?? { rooms: [sid], except: [] });
        const rooms = opts === undefined ? [request.room] : (request.rooms ?? []);
        if (type === requestTypes.disconnect) {
          this.#clients.apply({ type: "disconnect", target, close: request.close === true, notice: null });
        } else {
          const name = type === requestTypes.join ? "join" : "leave";
          for (const room of this.#names(rooms)) this.#clients.apply({ type: name, target, room });
        }
        if (opts === undefined) reply({});
        break;
      }
      case requestTypes.fetch:
        reply({ sockets: this.#clients.describe(this.#targetOf(namespace, opts)).map(socketOf) });
        break;
      case requestTypes.serverSideEmit:
        // Servers have no events for each other here; who asks for answers must not wait for this one's.
        if (requestId !== undefined) reply({ type });
        break;
      case requestTypes.broadcast:
        if (request.packet !== undefined) this.#inquire(namespace, channel, request, request.packet, reply);
        break;
      default:
        this.#ignored.tell("the type of a request is not known", `a request of type ${type}`);
    }
  }

  #inquire(
    namespace: string,
    channel: string,
    { requestId, opts }: Request,
    packet: NonNullable<Request["packet"]>,
    reply: (answer: object) => void,
  ): void {
    const target = this.#targetOf(namespace, opts);
    reply({ type: requestTypes.clientCount, clientCount: this.#clients.describe(target).length });
    const { timeout } = (opts?.flags ?? {}) as { timeout?: number };
    this.#clients.inquireFor(target, eventOf(namespace, packet), timeout ?? answerTimeout, {
      // Their acknowledgements of a broadcast have one value.
      onAnswer: (_sid, [value]) =>
        void this.#send(channel, pack({ type: requestTypes.acknowledgement, requestId, packet: value })),
      onFailure() {},
      onEnd() {},
    });
  }

  #describe(namespace: string, rooms: readonly unknown[]): readonly SocketInfo[] {
    return this.#clients.describe(this.#targetOf(namespace, { rooms, except: [] }));
  }

  /** Whom options mean. What they leave out are rooms, and here it is clients: those who are in these rooms now. */
  #targetOf(namespace: string, { rooms, except }: Options = { rooms: [], except: [] }): Target {
    // An empty list means all clients; one without a single usable name means none.
    const names = rooms.length === 0 ? null : this.#names(rooms);
    const left = this.#names(except);
    const skip = left.length === 0 ? null : this.#describe(namespace, left).map(({ sid }) => sid);
    return { namespace, sid: null, rooms: names, skip };
  }

  #names(values: readonly unknown[]): readonly string[] {
    const { names, unusable } = foreignNames(values);
    if (unusable !== null) this.#ignored.tell(`a room is ${unusable}, and no text or number`);
    return names ?? [];
  }

  #channelsOf(namespace: string): Channels {
    let channels = this.#namespaces.get(namespace);
    if (channels === undefined) {
      const base = `${this.#key}#${namespace}#`;
      channels = {
        namespace,
        base,
        pattern: `${base.replaceAll(/[\\*?[\]]/g, "\\$&")}*`,
        request: `${this.#key}-request#${namespace}#`,
        response: `${this.#key}-response#${namespace}#`,
        rooms: new Map(),
      };
      this.#namespaces.set(namespace, channels);
    }
    return channels;
  }

  #request(namespace: string, request: Request): void {
    const { request: channel } = this.#channelsOf(namespace);
    this.#send(channel, Buffer.from(JSON.stringify({ uid: this.#uid, ...request })));
  }

  /** Asks the other servers. Returns what stops the waiting. */
  #question(
    namespace: string,
    request: object,
    timeout: number | null,
    listener: { onResponse(response: Response): void; onEnd(): void; onExpire(): void },
  ): () => void {
    const requestId = randomBytes(6).toString("hex");
    const { request: channel, response } = this.#channelsOf(namespace);
    const expire = () => {
      listener.onExpire();
      this.#end(requestId);
    };
    const timer = timeout === null ? null : this.#clock.after(timeout, expire, true);
    // One who only emits has no namespace whose answers it hears.
    this.#interest.hold(response);
    this.#questions.set(requestId, {
      timer,
      onResponse: listener.onResponse,
      onEnd: () => {
        this.#interest.release(response);
        listener.onEnd();
      },
    });
    const [oldest] = this.#questions.keys();
    if (this.#questions.size > maxQuestions && oldest !== undefined) this.#end(oldest);
    const send = () => {
      if (!this.#questions.has(requestId)) return;
      if (!this.#send(channel, pack({ uid: this.#uid, requestId, ...request }))) this.#end(requestId);
    };
    const confirmed = this.#confirmed([response]);
    if (confirmed === null) send();
    else void confirmed.then(send);
    return () => {
      const question = this.#questions.get(requestId);
      if (question === undefined) return;
      this.#interest.release(response);
      question.timer?.cancel();
      this.#questions.delete(requestId);
    };
  }

  #end(requestId: string): void {
    const question = this.#questions.get(requestId);
    question?.timer?.cancel();
    this.#questions.delete(requestId);
    question?.onEnd();
  }

  #confirmed(subjects: readonly string[]): Promise<void> | null {
    const waits = subjects
      .map((subject) => this.#interest.confirmed(subject))
      .filter((wait) => wait !== null);
    return waits.length === 0 || !this.#isUp ? null : this.#patience.wait(Promise.all(waits));
  }

  #send(channel: string, bytes: Uint8Array): boolean {
    const sent = this.#bus.publish(channel, bytes);
    if (!sent && this.#trace.active) this.#trace.publish({ type: "message dropped", bytes: bytes.length });
    return sent;
  }
}

function packetOf(nsp: string, event: string, values: readonly unknown[]) {
  return { type: eventType, data: [event, ...values], nsp };
}

function optionsOf({ sid, rooms, skip }: Target, { volatile, compress }: PacketFlags = {}): Options {
  return {
    rooms: sid === null ? (rooms ?? []) : [sid],
    except: skip ?? [],
    flags: { ...(volatile === true ? { volatile } : {}), ...(compress === false ? { compress } : {}) },
  };
}

function eventOf(namespace: string, { data }: { readonly data: readonly unknown[] }) {
  const [event, ...values] = data;
  checkEventName(event);
  return encodeEvent(namespace, [event, ...values]);
}

function pack(value: unknown): Uint8Array {
  const writer = new MessagePackWriter();
  writer.value(value);
  return writer.take();
}

/** Requests and their answers are JSON, or MessagePack where they hold what clients get. */
function unpack(bytes: Uint8Array): unknown {
  const leftBrace = 0x7b;
  return bytes[0] === leftBrace
    ? JSON.parse(Buffer.from(bytes).toString())
    : decodeMessagePack(bytes, noLimits);
}

/** A client in the format's words. */
function socketOf({ sid, rooms, publicData, handshake }: SocketInfo) {
  const { time, address, secure, url, query, headers } = handshake;
  return {
    id: sid,
    rooms,
    data: publicData,
    handshake: {
      headers,
      time: new Date(time).toString(),
      issued: time,
      address,
      secure,
      xdomain: headers.origin !== undefined,
      url,
      query,
      auth: {},
    },
  };
}

/** A client of another server, as far as the format tells of it, and no more than is told of clients here. */
function infoOf(
  namespace: string,
  socket: { id: string; rooms: readonly string[]; data?: unknown; handshake?: unknown },
): SocketInfo {
  const {
    issued = 0,
    address = "",
    secure = false,
    url = "",
    query = {},
    headers = {},
  } = (socket.handshake ?? {}) as Partial<Omit<SocketInfo["handshake"], "time" | "headers">> & {
    issued?: number;
    headers?: Parameters<typeof tellHeaders>[0];
  };
  return {
    sid: socket.id,
    namespace,
    rooms: [socket.id, ...socket.rooms.filter((room) => room !== socket.id)],
    publicData: (socket.data ?? {}) as SocketInfo["publicData"],
    handshake: {
      time: issued,
      address,
      secure,
      url: withoutSecrets(url),
      query: tellQuery(Object.entries(query).map(([name, value]) => [name, String(value)])),
      headers: tellHeaders(headers),
    },
    transport: "",
  };
}

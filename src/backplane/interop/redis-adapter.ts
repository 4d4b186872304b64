/**
 * This process in a cluster of Socket.IO servers with `@socket.io/redis-adapter`, and beside programs with
 * `@socket.io/redis-emitter`. Such a server waits for an answer of every subscriber, so each question gets
 * one.
 */

import { nodeCrypto } from "../../base/node-crypto.ts";
import type { AckListener } from "../../core/model/ack-listener.ts";
import { disconnectReasonEvent } from "../../core/model/disconnect-notice.ts";
import type { Operation } from "../../core/model/operation.ts";
import type { FoundCount, FoundSockets, SocketInfo } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import type { EventPacket } from "../../core/packet/event-packet.ts";
import type { AckRequest } from "../../core/ports.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import { AwaitedSubscriptions } from "../bus/awaited-subscriptions.ts";
import type { Bus, BusListener } from "../bus/bus.ts";
import { BusMonitor } from "../bus/bus-monitor.ts";
import { type ForeignOwner, IgnoredMessages } from "../cluster/ignored-messages.ts";
import type { LocalClients } from "../cluster/ports.ts";
import type { ForeignBackplane, ForeignBackplaneParts } from "./foreign-backplane.ts";
import { foreignName, foreignNames } from "./interop-names.ts";
import { RedisAdapterInquiries } from "./redis-adapter-inquiries.ts";
import {
  type AdapterOptions,
  type AdapterRequest,
  decodeBroadcast,
  decodeRequest,
  decodeResponse,
  encodeBinary,
  encodeBroadcast,
  encodeJson,
  eventOf,
  optionsOf,
  packetOf,
  requestTypes,
  socketOf,
} from "./redis-adapter-message.ts";
import { RedisAdapterQuestions } from "./redis-adapter-questions.ts";
import { RedisAdapterServerEvents } from "./redis-adapter-server-events.ts";

/** How long another server may take to answer, in ms. */
const answerTimeout = 2000;
/** How long the channels of a namespace without clients stay subscribed, in ms. */
const linger = 5000;

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

/** See the head of this file. */
export class RedisAdapter implements ForeignBackplane, BusListener {
  readonly sidPrefix = "";
  readonly #uid = nodeCrypto().randomBytes(3).toString("hex");
  readonly #bus: Bus;
  readonly #key: string;
  /** What the names of the channels for requests and for responses begin with. */
  readonly #requests: string;
  readonly #responses: string;
  readonly #clients: LocalClients;
  readonly #owner: ForeignOwner;
  readonly #monitor: BusMonitor;
  readonly #subscriptions: AwaitedSubscriptions;
  /** The channels of namespaces that have clients. */
  readonly #namespaces = new Map<string, Channels>();
  readonly #questions: RedisAdapterQuestions;
  readonly #inquiries: RedisAdapterInquiries;
  readonly #ignored: IgnoredMessages;
  readonly serverEvents: RedisAdapterServerEvents;

  /** @param key - the prefix of all channel names */
  constructor(key: string, { bus, clients, owner, clock, trace }: ForeignBackplaneParts) {
    this.#ignored = new IgnoredMessages(`the channels "${key}"`, owner, trace);
    this.#bus = bus;
    this.#key = key;
    this.#requests = `${key}-request#`;
    this.#responses = `${key}-response#`;
    this.#clients = clients;
    this.#owner = owner;
    this.#monitor = new BusMonitor(bus, owner, trace);
    this.#subscriptions = new AwaitedSubscriptions(bus, { answerTimeout, linger }, clock);
    this.#questions = new RedisAdapterQuestions(this.#uid, this.#monitor, this.#subscriptions, clock);
    this.serverEvents = new RedisAdapterServerEvents({
      uid: this.#uid,
      bus,
      monitor: this.#monitor,
      subscriptions: this.#subscriptions,
      questions: this.#questions,
      channelsOf: (namespace) => this.#channelsOf(namespace),
    });
    this.#inquiries = new RedisAdapterInquiries({
      questions: this.#questions,
      answerTimeout,
      channelsOf: (namespace) => this.#channelsOf(namespace),
      countOthers: (namespace) => this.serverEvents.countOthers(namespace),
    });
    // Until the bus is up for the first time, questions are sent without waiting.
    this.#subscriptions.pause();
  }

  open(): Promise<void> {
    const opened = this.#bus.open(this);
    this.serverEvents.onOpening(opened);
    return opened;
  }

  async close(): Promise<void> {
    this.#subscriptions.pause();
    this.#questions.endAll();
    this.#subscriptions.close();
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
    const packet = packetOf(target.namespace, event, values);
    this.#monitor.send(channel, encodeBroadcast(this.#uid, packet, options));
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
          rooms: operation.rooms,
        });
        break;
      case "disconnect":
        if (operation.notice !== null) {
          const { base } = this.#channelsOf(target.namespace);
          const packet = packetOf(target.namespace, disconnectReasonEvent, [operation.notice]);
          this.#monitor.send(base, encodeBroadcast(this.#uid, packet, opts));
        }
        this.#request(target.namespace, { type: requestTypes.disconnect, opts, close: operation.close });
        break;
      default:
        operation satisfies never;
    }
    return Promise.resolve();
  }

  ask(request: AckRequest, timeout: number | null, listener: AckListener): () => void {
    return this.#inquiries.ask(request, timeout, listener);
  }

  sockets(target: Target): Promise<FoundSockets> {
    return this.#inquiries.sockets(target);
  }

  /** The format has no question for a number alone. */
  async count(target: Target): Promise<FoundCount> {
    const { sockets, missing } = await this.sockets(target);
    return { count: sockets.length, missing };
  }

  onNamespaceOpen(namespace: string): Promise<void> | null {
    const channels = this.#channelsOf(namespace);
    this.#namespaces.set(namespace, channels);
    const { pattern, request, response } = channels;
    for (const subject of [pattern, request, response]) this.#subscriptions.hold(subject);
    return this.#subscriptions.allConfirmed([pattern, request, response]);
  }

  onNamespaceEmpty(namespace: string): void {
    const { pattern, request, response } = this.#channelsOf(namespace);
    for (const subject of [pattern, request, response]) this.#subscriptions.release(subject);
    this.#namespaces.delete(namespace);
  }

  onRoomOpen(namespace: string, room: string): void {
    const rooms = this.#namespaces.get(namespace)?.rooms;
    rooms?.set(room, (rooms.get(room) ?? 0) + 1);
  }

  onRoomEmpty(namespace: string, room: string): void {
    const rooms = this.#namespaces.get(namespace)?.rooms;
    if (rooms === undefined) return;
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
    this.#subscriptions.resume();
    this.#monitor.up();
  }

  onDown(error: unknown): void {
    this.#subscriptions.pause();
    this.#clients.onGap();
    this.#monitor.down(error);
  }

  onRefused(error: unknown): void {
    this.#owner.onRefused(error);
  }

  #take(channel: string, bytes: Uint8Array): void {
    // A server that asks has counted the subscribers. So each question is answered as long as its channel is
    // subscribed, which is longer than the namespace has clients.
    if (channel.startsWith(this.#requests)) {
      const namespace = channel.slice(this.#requests.length, -1);
      this.#answer(namespace, this.#channelsOf(namespace).response, decodeRequest(bytes));
      return;
    }
    if (channel.startsWith(this.#responses)) {
      this.#questions.onResponse(decodeResponse(bytes));
      return;
    }
    for (const { namespace, base, rooms } of this.#namespaces.values()) {
      if (channel.startsWith(base)) {
        const room = channel.slice(base.length, -1);
        // A message for a room without clients here need not be read.
        if (room === "" || rooms.has(room) || this.#describe(namespace, [room]).length > 0) {
          this.#deliver(namespace, bytes);
        }
        return;
      }
    }
  }

  #deliver(namespace: string, bytes: Uint8Array): void {
    const [uid, packet, options] = decodeBroadcast(bytes);
    if (uid === this.#uid || packet === undefined || (packet.nsp ?? "/") !== namespace) return;
    const { volatile, compress } = options.flags ?? {};
    this.#clients.deliver(this.#targetOf(namespace, options), eventOf(namespace, packet), {
      volatile,
      compress,
    });
  }

  #answer(namespace: string, channel: string, request: AdapterRequest): void {
    const { type, uid, requestId, opts } = request;
    // Their servers carry out their own requests when these come back. This server has done so before.
    if (uid === this.#uid) return;
    const reply = (answer: object) => {
      this.#monitor.send(channel, encodeJson({ requestId, ...answer }));
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
          const names = this.#names(rooms);
          if (names.length > 0) this.#clients.apply({ type: name, target, rooms: names });
        }
        if (opts === undefined) reply({});
        break;
      }
      case requestTypes.fetch:
        reply({ sockets: this.#clients.describe(this.#targetOf(namespace, opts)).map(socketOf) });
        break;
      case requestTypes.serverSideEmit:
        this.serverEvents.onRequest(namespace, request, reply);
        break;
      case requestTypes.broadcast:
        this.#inquire(namespace, channel, request, reply);
        break;
      default:
        this.#ignored.tell("the type of a request is not known", `a request of type ${type}`);
    }
  }

  #inquire(
    namespace: string,
    channel: string,
    { requestId, opts, packet }: AdapterRequest,
    reply: (answer: object) => void,
  ): void {
    if (packet === undefined) return;
    const target = this.#targetOf(namespace, opts);
    reply({ type: requestTypes.clientCount, clientCount: this.#clients.describe(target).length });
    const { timeout } = opts?.flags ?? {};
    this.#clients.inquireFor(target, eventOf(namespace, packet), timeout ?? answerTimeout, {
      // Their acknowledgements of a broadcast have one value.
      onAnswer: (_sid, [value]) =>
        void this.#monitor.send(
          channel,
          encodeBinary({ type: requestTypes.acknowledgement, requestId, packet: value }),
        ),
      onFailure() {},
      onEnd() {},
    });
  }

  #describe(namespace: string, rooms: readonly unknown[]): readonly SocketInfo[] {
    return this.#clients.describe(this.#targetOf(namespace, { rooms, except: [] }));
  }

  /**
   * The target of options. Theirs leave out rooms; a target leaves out the clients that are in these rooms
   * now.
   */
  #targetOf(namespace: string, { rooms, except }: AdapterOptions = { rooms: [], except: [] }): Target {
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
    const base = `${this.#key}#${namespace}#`;
    return (
      this.#namespaces.get(namespace) ?? {
        namespace,
        base,
        pattern: `${base.replaceAll(/[\\*?[\]]/g, "\\$&")}*`,
        request: `${this.#requests}${namespace}#`,
        response: `${this.#responses}${namespace}#`,
        rooms: new Map(),
      }
    );
  }

  #request(namespace: string, request: AdapterRequest): void {
    const { request: channel } = this.#channelsOf(namespace);
    this.#monitor.send(channel, encodeJson({ uid: this.#uid, ...request }));
  }
}

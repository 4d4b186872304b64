/**
 * All clients and namespaces of one server, and the operations on them: what the ambient functions and the server's
 * own methods both end in.
 */

import { RoomcastError } from "../base/errors.ts";
import { onRejection } from "../base/foreign-value.ts";
import { show } from "../base/options.ts";
import { quoted } from "../base/printable.ts";
import type { Clock } from "../base/time/clock.ts";
import { DeadlineQueue } from "../base/time/deadline-queue.ts";
import type { Trace } from "../base/trace.ts";
import { args, toArguments } from "../contract/arguments.ts";
import type { Connection, ConnectionListener } from "../engine/connection.ts";
import { Counters } from "../engine/counters.ts";
import type { PacketFlags } from "../engine/outbox/outgoing-packet.ts";
import type { EngineRequest } from "../engine/ports.ts";
import type { EncodedEvent } from "../protocol/socket-packet.ts";
import { Answers, failureError } from "./ack/answers.ts";
import { BroadcastAck, type InTurn } from "./ack/broadcast-ack.ts";
import { Client, type ClientLimits, type ClientOwner, type SoftLimit } from "./client/client.ts";
import type { HubOptions } from "./hub-options.ts";
import type { AckListener } from "./model/ack-listener.ts";
import type { DisconnectNotice } from "./model/disconnect-notice.ts";
import type { DisconnectReason } from "./model/disconnect-reason.ts";
import type { Operation } from "./model/operation.ts";
import { generateSid, isSid } from "./model/sid.ts";
import { describeSocket, type FoundCount, type FoundSockets, type SocketInfo } from "./model/socket-info.ts";
import { clientIn, everyoneIn, type Target } from "./model/target.ts";
import { Namespace, type NamespaceHandlers, type NamespaceRule } from "./namespace/namespace.ts";
import { type Codec, receivedEvent } from "./packet/codec.ts";
import { decodeEvent, type EventPacket } from "./packet/event-packet.ts";
import { codecFor } from "./packet/parser-codec.ts";
import type { AckRequest, Backplane, ClientSession } from "./ports.ts";
import { type LostClient, Recovery, type RecoverySettings } from "./recovery/recovery.ts";
import type { SharedRecovery } from "./recovery/recovery-log.ts";
import type { AnswerListener } from "./socket/acknowledgements.ts";
import type { Socket } from "./socket/socket.ts";

/** What the hub asks of the application. */
export interface HubOwner {
  /**
   * The handlers of a namespace; `undefined` when clients may not join it.
   *
   * @param rule - what lets clients in where the name alone does not
   */
  handlersOf(namespace: string, rule: NamespaceRule | null): NamespaceHandlers | undefined;
  /** What may let clients into other namespaces, in the order in which they are to be asked. */
  rules(): readonly NamespaceRule[];
  /** How clients of a namespace come back after the loss of their connection; `null` when they start anew. */
  recoveryOf(namespace: string, rule: NamespaceRule | null): RecoverySettings | null;
  /** A client will not come back. */
  onLost(lost: LostClient): void;
  /** Opens the session of a new client. */
  openSession(request: EngineRequest): ClientSession;
  /**
   * Reports an error that is not a client's fault.
   *
   * @param where - what failed, where more is known than that it was outside of any handler
   */
  report(error: unknown, where?: string): void;
}

/** Called with each answer to an event. */
export type AnswerCallback = (...values: unknown[]) => unknown;

/** How an event is sent. */
export interface Delivery {
  readonly volatile?: boolean | undefined;
  readonly compress?: boolean | undefined;
  /** Called once for each client that answers. */
  readonly callback?: AnswerCallback | undefined;
  /** Whether only clients of this process are meant. */
  readonly ignoreQueue?: boolean | undefined;
}

/** Called with each event that is sent, when it is on its way. */
export type OutgoingListener = (event: string, args: readonly unknown[], target: Target) => unknown;

/** Who is told of rooms. */
export interface RoomsWatcher {
  /** A room has got its first member here. */
  onRoomOpen(namespace: string, room: string): void;
  /** A room has lost its last member here. */
  onRoomEmpty(namespace: string, room: string): void;
}

/** What there is to wait for when no other process needs to know. */
const done = Promise.resolve();

const softCounters = {
  maxNamespaces: "namespacesRefused",
  maxNamespaceEventsPerSecond: "eventsDropped",
  maxRooms: "roomsRefused",
  maxRoomLength: "roomNamesRefused",
} as const satisfies Record<SoftLimit, keyof Counters>;

/** The heart of a server. */
export class Hub implements ClientOwner {
  readonly trace: Trace;
  readonly clock: Clock;
  readonly limits: ClientLimits;
  readonly codec: Codec;
  readonly counters: Counters;
  readonly #options: HubOptions;
  readonly #owner: HubOwner;
  readonly #idle: DeadlineQueue<Client>;
  readonly #clients = new Set<Client>();
  readonly #namespaces = new Map<string, Namespace>();
  #lastRequestId = 0;
  /** Clients that have asked to join something in this tick. */
  #asking: Client[] = [];
  #backplane: Backplane | null = null;
  /** What recoverable namespaces share with those of other processes; `null` where each process has its own memory. */
  #sharedRecovery: SharedRecovery | null = null;
  #roomsWatcher: RoomsWatcher | null = null;
  /** Who hears of what is sent; `null` where nobody does. */
  #outgoing: Set<OutgoingListener> | null = null;

  /**
   * @param owner - the application
   * @param options - the settled options: those of the core, and how long a client may be in no namespace, in ms
   * @param clock - where time comes from
   * @param trace - where to tell what happens
   * @param counters - where to count it
   */
  constructor(
    owner: HubOwner,
    options: HubOptions & { readonly connectTimeout: number },
    clock: Clock,
    trace: Trace,
    counters = new Counters(),
  ) {
    this.#owner = owner;
    this.#options = options;
    this.clock = clock;
    this.trace = trace;
    this.counters = counters;
    this.limits = limitsOf(options);
    this.codec = codecFor(options.parser);
    this.#idle = new DeadlineQueue(clock, options.connectTimeout, (client) => client.expire());
  }

  /** The number of clients. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** The clients. */
  clients(): Iterable<Client> {
    return this.#clients;
  }

  /** The namespaces that have clients. */
  namespaces(): IterableIterator<Namespace> {
    return this.#namespaces.values();
  }

  /** Takes a new connection. */
  onConnection(connection: Connection): ConnectionListener {
    const client = new Client(connection, this.#owner.openSession(connection.request), this);
    this.#clients.add(client);
    this.#idle.add(client.idle);
    return client;
  }

  /** Finds a client by its public id. */
  socket(namespace: string, sid: string): Socket | undefined {
    return this.#namespaces.get(namespace)?.socket(sid);
  }

  /** Has the clients of other processes reached, too. To be called before the first client comes. */
  useBackplane(backplane: Backplane): void {
    this.#backplane = backplane;
  }

  /**
   * Has clients of recoverable namespaces come back to any process, or `null`, to the one that they were in. It is for
   * clients that come to namespaces that nobody is in.
   */
  shareRecovery(shared: SharedRecovery | null): void {
    this.#sharedRecovery = shared;
  }

  /** Has somebody told of rooms that get their first member here, or lose their last. */
  watchRooms(watcher: RoomsWatcher): void {
    this.#roomsWatcher = watcher;
    for (const namespace of this.#namespaces.values()) this.#watch(namespace);
  }

  /** Has a listener hear of all events that are sent from here; the returned function ends that. */
  onOutgoing(listener: OutgoingListener): () => void {
    this.#outgoing ??= new Set();
    this.#outgoing.add(listener);
    return () => {
      this.#outgoing?.delete(listener);
      if (this.#outgoing?.size === 0) this.#outgoing = null;
    };
  }

  /**
   * Sends an event.
   *
   * @throws {@link RoomcastError} `ERR_EVENT_NAME`, `ERR_PAYLOAD`, or `ERR_LIMIT` for a name that no room can have
   */
  emit(target: Target, event: string, data: unknown, delivery: Delivery): void {
    this.#checkTarget(target);
    const values = toArguments(data);
    const { callback } = delivery;
    const namespace = this.#namespaces.get(target.namespace);
    const recovery = callback === undefined ? (namespace?.recovery ?? null) : null;
    if (
      this.#sharedRecovery !== null &&
      callback === undefined &&
      this.#emitShared(target, event, values, delivery)
    ) {
      return;
    }
    let packet: EventPacket | null = null;
    let clients = 0;
    if (recovery !== null) {
      clients = recovery.emit(target, event, values, delivery);
    } else {
      packet = this.codec.event(target.namespace, event, values, delivery);
      if (callback !== undefined) {
        clients = this.#request(this.#select(target), packet, callback, event);
      } else if (namespace !== undefined) {
        clients = namespace.broadcast(packet.plain(), target);
      }
    }
    if (this.#backplane !== null && delivery.ignoreQueue !== true && this.#concernsOthers(target)) {
      packet ??= this.codec.event(target.namespace, event, values, delivery);
      if (callback === undefined) {
        this.#backplane.emit(target, packet, event, values, delivery);
      } else {
        const listener = answersOnly(this.#listener(callback, event, target));
        this.#backplane.ask({ target, packet, event, values }, null, listener);
      }
    }
    if (this.#outgoing !== null) this.#tellOutgoing(target, event, values);
    if (this.trace.active) this.#traceBroadcast(target, event, values, clients);
  }

  /** Sends an event whose answers a callback takes. Returns to how many. */
  #request(sockets: readonly Socket[], packet: EventPacket, callback: AnswerCallback, event: string): number {
    const [first] = sockets;
    if (first === undefined) return 0;
    // All are of one namespace.
    this.#inTurn(first.namespace, sockets, (socket) => {
      socket.request(packet, this.#listener(callback, event, socket));
    });
    return sockets.length;
  }

  /** Does something with sockets of a namespace behind the events that this process has sent to it before. */
  #inTurn(namespace: string, sockets: readonly Socket[], act: (socket: Socket) => void): void {
    this.#namespaces.get(namespace)?.inTurn(sockets, act);
  }

  /** Sends an event that was encoded, and did not get to anybody. */
  emitAgain(target: Target, encoded: EncodedEvent, delivery: Delivery): void {
    const [event, ...values] = decodeEvent(encoded);
    this.emit(target, event, args(...values), delivery);
  }

  /** Sends an event that all processes get from one place; `false` where it is none of those. */
  #emitShared(target: Target, event: string, values: readonly unknown[], delivery: Delivery): boolean {
    const { namespace: name } = target;
    const recovery = this.#namespaces.get(name)?.recovery;
    const recoverable = { target, event, values, flags: delivery };
    if (delivery.ignoreQueue === true) {
      if (recovery == null) return false;
      recovery.emitHere(recoverable);
    } else if (delivery.volatile === true) {
      return false;
    } else if (recovery == null) {
      const settings = recovery === undefined ? this.#owner.recoveryOf(name, null) : null;
      if (settings === null) return false;
      this.#sharedRecovery?.append(recoverable, settings);
    } else {
      recovery.emit(target, event, values, delivery);
    }
    if (this.#outgoing !== null) this.#tellOutgoing(target, event, values);
    if (this.trace.active) this.#traceBroadcast(target, event, values, this.#select(target).length);
    return true;
  }

  /** Sends an event to one client: {@link Hub.emit} for the most frequent case. */
  reply(socket: Socket, event: string, data: unknown, delivery: Delivery): void {
    const values = toArguments(data);
    const { callback } = delivery;
    if (socket.recoverable !== null && callback === undefined) {
      socket.recoverable.emit(event, values, delivery);
    } else {
      const packet = this.codec.event(socket.namespace, event, values, delivery);
      if (callback === undefined) socket.deliver(packet.plain());
      else this.#request([socket], packet, callback, event);
    }
    if (this.#outgoing !== null) {
      this.#tellOutgoing(clientIn(socket.namespace, socket.sid), event, values);
    }
    this.#traceSent(socket, event, values);
  }

  /**
   * Sends an event to one client and waits for its acknowledgement.
   *
   * @param target - names the client by its sid
   * @param timeout - how long to wait, in ms
   * @returns the values that the client answered with
   * @throws {@link TimeoutError} when it does not answer in time
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when it is not there or leaves without an answer
   */
  call(target: Target, event: string, data: unknown, timeout: number): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#ask(this.#question(target, event, data), timeout, {
        onAnswer: (_sid, values) => resolve(values),
        onFailure: (_sid, failure) => reject(failureError(failure, event, timeout)),
        onEnd: () =>
          reject(
            new RoomcastError(
              "ERR_DISCONNECTED",
              `No client with this sid is there to answer ${quoted(event)}.`,
            ),
          ),
      });
    });
  }

  /**
   * Sends an event to several clients and gathers their acknowledgements.
   *
   * @param timeout - how long they have to answer, in ms
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  callAll(target: Target, event: string, data: unknown, timeout: number): Answers {
    const question = this.#question(target, event, data);
    return new Answers(event, timeout, (listener) => this.#ask(question, timeout, listener));
  }

  /**
   * Asks the clients of this process alone.
   *
   * @returns what stops the waiting
   */
  inquire(target: Target, packet: EventPacket, timeout: number, listener: AckListener): () => void {
    const inTurn: InTurn = (sockets, act) => this.#inTurn(target.namespace, sockets, act);
    const inquiry = new BroadcastAck(this.#select(target), packet, timeout, this.clock, listener, inTurn);
    return () => inquiry.stop();
  }

  /**
   * Puts clients into a room, here at once. One that has left joins nothing any more.
   *
   * @returns a promise that settles when other processes know of it
   * @throws {@link RoomcastError} `ERR_ROOM` for what is no name of a room and for the sid of another client, `ERR_LIMIT` for
   *   a name that is too long, and where the one client is in too many rooms
   */
  join(target: Target, room: string): Promise<void> {
    this.#checkRoom(target, room);
    const socket = this.#find(target.namespace, target.sid);
    if (isSid(room) && room !== target.sid && room !== socket?.sid) throw ownRoomError(room);
    if (socket !== undefined && !this.#hasPlaceFor(socket, room)) {
      throw new RoomcastError(
        "ERR_LIMIT",
        `The client is in ${this.#options.maxRooms} rooms, which is the most that maxRooms allows.`,
      );
    }
    return this.#carryOut({ type: "join", target, room });
  }

  /** Takes clients out of a room, like {@link Hub.join}. */
  leave(target: Target, room: string): Promise<void> {
    this.#checkRoom(target, room);
    return this.#carryOut({ type: "leave", target, room });
  }

  /** Takes everybody out of a room, like {@link Hub.join}. */
  closeRoom(namespace: string, room: string): Promise<void> {
    this.#checkRoom(everyoneIn(namespace), room);
    return this.#carryOut({ type: "close room", namespace, room });
  }

  /**
   * Disconnects clients from the namespace, after what was sent to them before.
   *
   * @param close - whether to end their whole connections
   * @param notice - what they are told before. Where it asks them to come back, their whole connections end
   * @returns a promise that settles when other processes know of it
   */
  disconnect(target: Target, close: boolean, notice: DisconnectNotice | null = null): Promise<void> {
    this.#checkTarget(target);
    return this.#carryOut({ type: "disconnect", target, close, notice });
  }

  /** Lists clients, in whatever process they are. */
  async sockets(target: Target): Promise<FoundSockets> {
    this.#checkTarget(target);
    const here = this.describe(target);
    if (this.#backplane === null || !this.#concernsOthers(target)) return { sockets: here, missing: [] };
    const { sockets, missing } = await this.#backplane.sockets(target);
    return { sockets: [...here, ...sockets], missing };
  }

  /** Counts clients, in whatever process they are. */
  async count(target: Target): Promise<FoundCount> {
    this.#checkTarget(target);
    const here = this.countHere(target);
    if (this.#backplane === null || !this.#concernsOthers(target)) return { count: here, missing: [] };
    const { count, missing } = await this.#backplane.count(target);
    return { count: here + count, missing };
  }

  /** Counts clients of this process alone. */
  countHere(target: Target): number {
    return this.#select(target).filter(({ isConnected }) => isConnected).length;
  }

  /** Lists clients of this process alone. */
  describe(target: Target): SocketInfo[] {
    return this.#select(target)
      .filter(({ isConnected }) => isConnected)
      .map(describeSocket);
  }

  /** The rooms that a client is in, its own sid first; none where it is not there. */
  async rooms(target: Target): Promise<readonly string[]> {
    const socket = this.#find(target.namespace, target.sid);
    if (socket !== undefined) return [socket.sid, ...socket.rooms];
    const { sockets } = await this.sockets(target);
    return sockets[0]?.rooms ?? [];
  }

  /** Sends an event of another process to the clients of this one. */
  deliver(target: Target, encoded: EncodedEvent, flags: PacketFlags): void {
    const namespace = this.#namespaces.get(target.namespace);
    if (namespace === undefined) return;
    if (namespace.recovery === null) {
      namespace.broadcast(receivedEvent(this.codec, target.namespace, encoded, flags).plain(), target);
    } else if (namespace.recovery.isShared) {
      namespace.recovery.receive(target, encoded, flags);
    } else {
      const [event, ...values] = decodeEvent(encoded);
      namespace.recovery.emit(target, event, values, flags);
    }
  }

  /** Whether clients of a namespace keep their public ids when they come back to another process. */
  roams(namespace: string): boolean {
    if (this.#sharedRecovery === null) return false;
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known.recovery !== null;
    return this.#owner.recoveryOf(namespace, null) !== null;
  }

  /** What to wait for until other processes would know what is known of clients here; `null` for nothing. */
  kept(target: Target): Promise<unknown> | null {
    return this.#namespaces.get(target.namespace)?.recovery?.allKept(target) ?? null;
  }

  /** Asks the clients of this process what another process asks. */
  inquireFor(target: Target, encoded: EncodedEvent, timeout: number, listener: AckListener): () => void {
    return this.inquire(target, receivedEvent(this.codec, target.namespace, encoded), timeout, listener);
  }

  /** Events of other processes may have been lost: nobody who is away can be told all that was missed. */
  onGap(): void {
    for (const { recovery } of [...this.#namespaces.values()]) recovery?.giveUpAway();
  }

  /** Lets go of clients that are away: this process stops. */
  close(): void {
    for (const { recovery } of [...this.#namespaces.values()]) recovery?.close();
  }

  /** The bytes that wait for a client of this process. */
  bufferedBytes({ namespace, sid }: Target): number {
    return this.#find(namespace, sid)?.client.bufferedBytes ?? 0;
  }

  /** Resolves to `true` when nothing waits for a client of this process any more, to `false` when it is not there. */
  drained({ namespace, sid }: Target): Promise<boolean> {
    return this.#find(namespace, sid)?.client.drained() ?? Promise.resolve(false);
  }

  /** Carries out an operation on the clients of this process alone. */
  apply(operation: Operation): void {
    if (operation.type === "join") {
      // Other programs have limits of their own, and may take a sid for a room like any other.
      if (isSid(operation.room)) return;
      if (operation.room.length > this.#options.maxRoomLength) {
        this.onLimit(null, operation.target.namespace, "maxRoomLength");
        return;
      }
    }
    switch (operation.type) {
      case "join":
        for (const socket of this.#select(operation.target)) this.#join(socket, operation.room);
        break;
      case "leave":
        for (const socket of this.#select(operation.target)) this.#leave(socket, operation.room);
        break;
      case "close room":
        this.#closeRoom(operation.namespace, operation.room);
        break;
      case "disconnect":
        this.#disconnect(operation);
        break;
      default:
        operation satisfies never;
    }
    const name = operation.type === "close room" ? operation.namespace : operation.target.namespace;
    this.#namespaces.get(name)?.recovery?.apply(operation);
  }

  admit(name: string, auth: unknown): Namespace | undefined | Promise<Namespace | undefined> {
    const known = this.#namespaces.get(name);
    if (known !== undefined && known.rule === null) return known;
    const opened = known === undefined ? this.#openNamespace(name, null) : undefined;
    if (opened !== undefined) return opened;
    const rules = known?.rule ? [known.rule] : this.#owner.rules();
    return rules.length === 0 ? undefined : this.#admitByRule(name, auth, rules);
  }

  async #admitByRule(
    name: string,
    auth: unknown,
    rules: readonly NamespaceRule[],
  ): Promise<Namespace | undefined> {
    const rule = await this.#firstThatAllows(rules, name, auth);
    if (rule === undefined) return undefined;
    const known = this.#namespaces.get(name);
    if (known === undefined) return this.#openNamespace(name, rule);
    // Another client came first, by another rule, which decides about all who come while it is there.
    return known.rule === null || known.rule === rule ? known : this.#admitByRule(name, auth, [known.rule]);
  }

  async #firstThatAllows(
    rules: readonly NamespaceRule[],
    name: string,
    auth: unknown,
  ): Promise<NamespaceRule | undefined> {
    for (const rule of rules) {
      try {
        if ((await rule.allows(name, auth)) === true) return rule;
      } catch (error) {
        this.report(error);
      }
    }
    return undefined;
  }

  #openNamespace(name: string, rule: NamespaceRule | null): Namespace | undefined {
    const handlers = this.#owner.handlersOf(name, rule);
    if (handlers === undefined) return undefined;
    const rates = this.#options.maxNamespaceEventsPerSecond;
    const perSecond = Object.hasOwn(rates, name) ? rates[name] : undefined;
    const rate = perSecond === undefined ? null : { perSecond, burst: perSecond };
    const namespace = new Namespace(name, handlers, rate);
    namespace.rule = rule;
    const settings = this.#owner.recoveryOf(name, rule);
    if (settings !== null) {
      const listener = {
        onLost: (lost: LostClient) => this.#onLost(lost),
        onIdle: () => this.release(namespace),
        report: (error: unknown) => this.report(error),
      };
      const shared = this.#sharedRecovery;
      namespace.recovery = new Recovery(namespace, this.codec, settings, this.clock, listener, shared);
    }
    this.#namespaces.set(name, namespace);
    if (this.#backplane !== null) this.#announce(namespace, this.#backplane);
    else this.#watch(namespace);
    return namespace;
  }

  release(namespace: Namespace): void {
    const away = namespace.recovery?.awayCount ?? 0;
    // One that was let go before may have a successor of the same name.
    if (namespace.size + away > 0 || this.#namespaces.get(namespace.name) !== namespace) return;
    this.#namespaces.delete(namespace.name);
    namespace.recovery?.end();
    this.#backplane?.onNamespaceEmpty(namespace.name);
  }

  onBusy(client: Client): void {
    client.idle.cancel();
  }

  onIdle(client: Client): void {
    this.#idle.add(client.idle);
  }

  onClientClose(client: Client): void {
    this.#clients.delete(client);
  }

  onAsked(client: Client): void {
    this.#asking.push(client);
    // One callback for all of them: many connect in the same tick.
    if (this.#asking.length === 1) this.clock.atTickEnd(this.#forgetAsked);
  }

  readonly #forgetAsked = () => {
    const asking = this.#asking;
    this.#asking = [];
    for (const client of asking) client.forgetAsked();
  };

  nextRequestId(): number {
    this.#lastRequestId += 1;
    return this.#lastRequestId;
  }

  onIgnored(client: Client, namespace: string, message: string): void {
    if (this.trace.active) {
      this.trace.publish({ type: "event ignored", connection: client.number, namespace, message });
    }
  }

  onLimit(client: { readonly number: number } | null, namespace: string, limit: SoftLimit): void {
    this.counters[softCounters[limit]] += 1;
    if (!this.trace.active) return;
    this.trace.publish({ type: "limit reached", connection: client?.number ?? null, namespace, limit });
  }

  onSocketConnect(socket: Socket): void {
    if (!this.trace.active) return;
    const { sid, namespace, client, recovered } = socket;
    this.trace.publish({ type: "socket connect", connection: client.number, sid, namespace, recovered });
  }

  onSocketRefused(socket: Socket, message: string): void {
    if (!this.trace.active) return;
    const { namespace, client } = socket;
    this.trace.publish({ type: "socket refused", connection: client.number, namespace, message });
  }

  onSocketDisconnect(socket: Socket, reason: DisconnectReason): void {
    if (!this.trace.active) return;
    const { sid, namespace, client } = socket;
    this.trace.publish({ type: "socket disconnect", connection: client.number, sid, namespace, reason });
  }

  report(error: unknown): void {
    this.#owner.report(error);
  }

  #question(target: Target, event: string, data: unknown): AckRequest {
    this.#checkTarget(target);
    const values = toArguments(data);
    return { target, event, values, packet: this.codec.event(target.namespace, event, values) };
  }

  /** Asks all clients that are meant, in whatever process. Returns what stops the waiting. */
  #ask(question: AckRequest, timeout: number, listener: AckListener): () => void {
    const { target, packet, event, values } = question;
    if (this.#outgoing !== null) this.#tellOutgoing(target, event, values);
    if (this.trace.active) this.#traceBroadcast(target, event, values, this.#select(target).length);
    if (this.#backplane === null || !this.#concernsOthers(target)) {
      return this.inquire(target, packet, timeout, listener);
    }
    const joined = joinEnds(listener);
    const stops = [
      this.inquire(target, packet, timeout, joined),
      this.#backplane.ask(question, timeout, joined),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #carryOut(operation: Operation): Promise<void> {
    const others =
      this.#backplane !== null && (operation.type === "close room" || this.#concernsOthers(operation.target));
    this.apply(operation);
    if (this.#backplane === null) return done;
    const published = others ? this.#backplane.publish(operation) : done;
    const subscribed =
      operation.type === "join"
        ? this.#backplane.subscribed(operation.target.namespace, operation.room)
        : null;
    const kept = operation.type === "close room" ? null : this.kept(operation.target);
    const waits = [subscribed, kept].filter((wait) => wait !== null);
    return waits.length === 0 ? published : published.then(() => Promise.all(waits)).then(() => {});
  }

  /** Has the events of other processes come for a namespace, and for its rooms. */
  #announce(namespace: Namespace, backplane: Backplane): void {
    const { name } = namespace;
    namespace.newSid = () => generateSid(backplane.sidPrefix);
    this.#watch(namespace);
    const ready = backplane.onNamespaceOpen(name);
    namespace.ready = ready;
    void ready?.then(() => {
      namespace.ready = null;
    });
  }

  /** Has everybody told of a namespace's rooms who wants to know of them. */
  #watch({ name, rooms }: Namespace): void {
    const watchers = [this.#backplane, this.#roomsWatcher].filter((watcher) => watcher !== null);
    if (watchers.length === 0) return;
    rooms.watcher = {
      onRoomOpen(room) {
        for (const watcher of watchers) watcher.onRoomOpen(name, room);
      },
      onRoomEmpty(room) {
        for (const watcher of watchers) watcher.onRoomEmpty(name, room);
      },
    };
  }

  /** Whether a target may name clients of other processes. */
  #concernsOthers({ namespace, sid, rooms }: Target): boolean {
    return sid === null ? rooms?.length !== 0 : this.#find(namespace, sid) === undefined;
  }

  /** Finds a client by the id under which it is reached: see {@link Socket.address}. */
  #find(namespace: string, sid: string | null): Socket | undefined {
    if (sid === null) return undefined;
    const known = this.#namespaces.get(namespace);
    return known?.socket(sid) ?? known?.recovery?.returning(sid);
  }

  /** Refuses to join, leave or close a room that nobody can be in. */
  #checkRoom(target: Target, room: unknown): void {
    if (typeof room !== "string" || room === "") {
      throw new RoomcastError(
        "ERR_ROOM",
        `A room's name must be a string that is not empty, not ${show(room)}.`,
      );
    }
    this.#checkTarget(target);
    if (!this.#isRoomName(room)) this.#refuseRoom(target, room);
  }

  /** Refuses names that no room can have: what is sent to one would go to all processes for nothing. */
  #checkTarget(target: Target): void {
    const { sid, rooms } = target;
    if (sid !== null && !this.#isRoomName(sid)) this.#refuseRoom(target, sid);
    if (rooms === null) return;
    for (const room of rooms) if (!this.#isRoomName(room)) this.#refuseRoom(target, room);
  }

  #isRoomName(room: string): boolean {
    return room.length <= this.#options.maxRoomLength && room.isWellFormed();
  }

  #refuseRoom({ namespace, sid }: Target, room: string): never {
    const { maxRoomLength } = this.#options;
    if (room.length > maxRoomLength) {
      this.onLimit(this.#find(namespace, sid)?.client ?? null, namespace, "maxRoomLength");
      throw new RoomcastError(
        "ERR_LIMIT",
        `The name of a room has ${room.length} characters, and maxRoomLength allows ${maxRoomLength}: ${quoted(room.slice(0, 40))}…`,
      );
    }
    throw new RoomcastError(
      "ERR_ROOM",
      `The name of a room holds half of a surrogate pair, which is lost on the way to other processes: ${quoted(room)}.`,
    );
  }

  #select(target: Target): readonly Socket[] {
    const namespace = this.#namespaces.get(target.namespace);
    if (namespace === undefined) return [];
    const returning = target.sid === null ? undefined : namespace.recovery?.returning(target.sid);
    return returning === undefined ? namespace.select(target) : [returning];
  }

  /** Whether a client may be in one more room; tells where it may not. */
  #hasPlaceFor(socket: Socket, room: string): boolean {
    if (socket.isClosed || room === socket.sid || socket.rooms.has(room)) return true;
    if (socket.client.roomCount < this.#options.maxRooms) return true;
    this.onLimit(socket.client, socket.namespace, "maxRooms");
    return false;
  }

  #join(socket: Socket, room: string): void {
    if (!this.#hasPlaceFor(socket, room)) return;
    const join = () => this.#namespaces.get(socket.namespace)?.rooms.join(socket, room);
    const joined = socket.returning === null ? join() : socket.returning.join(room, join);
    if (joined === true && this.trace.active) {
      this.trace.publish({ type: "room joined", sid: socket.sid, namespace: socket.namespace, room });
    }
  }

  #leave(socket: Socket, room: string): void {
    const leave = () => this.#namespaces.get(socket.namespace)?.rooms.leave(socket, room);
    const left = socket.returning === null ? leave() : socket.returning.leave(room, leave);
    if (left === true && this.trace.active) {
      this.trace.publish({ type: "room left", sid: socket.sid, namespace: socket.namespace, room });
    }
  }

  #disconnect({ target, close, notice }: Extract<Operation, { type: "disconnect" }>): void {
    const sockets = this.#select(target);
    if (notice?.retry === true) {
      // A client that is told in a namespace that it is disconnected does not come back by itself.
      this.#inTurn(target.namespace, sockets, ({ client }) => client.requestReconnect(notice));
      return;
    }
    for (const socket of sockets) {
      socket.disconnect("server namespace disconnect", notice);
      if (close) socket.client.closeConnection(notice);
    }
  }

  #closeRoom(namespace: string, room: string): void {
    this.#namespaces.get(namespace)?.rooms.close(room);
    if (this.trace.active) this.trace.publish({ type: "room closed", namespace, room });
  }

  #onLost(lost: LostClient): void {
    if (this.trace.active) {
      const { sid, namespace } = lost;
      this.trace.publish({ type: "recovery expired", sid, namespace });
    }
    this.#owner.onLost(lost);
  }

  /** Hands answers to a callback, whose errors are not the client's fault. */
  #listener(
    callback: AnswerCallback,
    event: string,
    { namespace, sid }: { readonly namespace: string; readonly sid: string | null },
  ): AnswerListener {
    const call = async (values: readonly unknown[]) => callback(...values);
    const report = (error: unknown) => {
      const where = `event ${quoted(event)}, namespace ${quoted(namespace)}`;
      const who = sid === null ? "" : `, sid ${sid}`;
      this.#owner.report(error, `The acknowledgement callback failed: ${where}${who}`);
    };
    return { onAnswer: (values) => void call(values).catch(report), onGone() {} };
  }

  #tellOutgoing(target: Target, event: string, args: readonly unknown[]): void {
    for (const listener of this.#outgoing ?? []) {
      try {
        onRejection(listener(event, args, target), (error) => this.report(error));
      } catch (error) {
        this.report(error);
      }
    }
  }

  #traceBroadcast(target: Target, event: string, args: readonly unknown[], clients: number): void {
    const to = target.sid ?? target.rooms?.join(", ") ?? "everyone";
    this.trace.publish({ type: "event sent", namespace: target.namespace, event, args, to, clients });
  }

  #traceSent({ namespace, sid, isClosed }: Socket, event: string, args: readonly unknown[]): void {
    if (!this.trace.active) return;
    this.trace.publish({ type: "event sent", namespace, event, args, to: sid, clients: isClosed ? 0 : 1 });
  }
}

function ownRoomError(room: string): RoomcastError {
  return new RoomcastError(
    "ERR_ROOM",
    `${show(room)} is the sid of a client, and no other client joins the room of that name. To send to the client, name it: emit(event, data, { sid }).`,
  );
}

/** A listener that hears the end once, when it has been told twice: by this process and by the others. */
function joinEnds(listener: AckListener): AckListener {
  let isFirst = true;
  let missing: readonly string[] = [];
  return {
    onAnswer: (sid, values) => listener.onAnswer(sid, values),
    onFailure: (sid, failure) => listener.onFailure(sid, failure),
    onEnd(names) {
      missing = [...missing, ...names];
      if (!isFirst) listener.onEnd(missing);
      isFirst = false;
    },
  };
}

function answersOnly(listener: AnswerListener): AckListener {
  return { onAnswer: (_sid, values) => listener.onAnswer(values), onFailure() {}, onEnd() {} };
}

function limitsOf(options: HubOptions): ClientLimits {
  const { maxEventsPerSecond, maxEventBurst, maxNamespaces, maxPendingAcknowledgements, maxWaitingBytes } =
    options;
  return {
    decoder: {
      maxAttachments: options.maxAttachments,
      maxDepth: options.maxJsonDepth,
      maxNamespaceLength: options.maxNamespaceLength,
      maxEventLength: options.maxEventLength,
      maxArguments: options.maxArguments,
    },
    maxNamespaces,
    maxPendingAcknowledgements,
    maxWaitingBytes,
    rate:
      maxEventsPerSecond === Number.POSITIVE_INFINITY || maxEventBurst === Number.POSITIVE_INFINITY
        ? null
        : { perSecond: maxEventsPerSecond, burst: maxEventBurst },
  };
}

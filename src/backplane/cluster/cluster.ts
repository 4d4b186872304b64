/**
 * This process among the others of its application: knows which there are, listens to the subjects of its
 * clients, and hands each message to the part that it is for. Which bus lies between the processes does not
 * matter.
 */

import type { Clock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { ContextPropagation } from "../../base/tracing/context-propagation.ts";
import type { AckListener } from "../../core/model/ack-listener.ts";
import type { Operation } from "../../core/model/operation.ts";
import type { FoundCount, FoundSockets } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import { type EventPacket, encodedOf } from "../../core/packet/event-packet.ts";
import type { AckRequest, Backplane } from "../../core/ports.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import { AwaitedSubscriptions } from "../bus/awaited-subscriptions.ts";
import type { Bus, BusListener } from "../bus/bus.ts";
import { BusMonitor } from "../bus/bus-monitor.ts";
import { type HeartbeatDraft, Members, type MembersOwner } from "../members/members.ts";
import { decodeMessage, type RelayAddress, type ToldRelay } from "../wire/envelope.ts";
import type { MessageProblem } from "../wire/message-problem.ts";
import { readPassedIn } from "../wire/question-bodies.ts";
import type { QueueSecret } from "../wire/queue-secret.ts";
import { signedMark } from "../wire/signed-messages.ts";
import { ClusterEvents } from "./cluster-events.ts";
import { ClusterRequests, type ClusterRequestsOwner } from "./cluster-requests.ts";
import { type ClusterTimes, defaultClusterTimes } from "./cluster-times.ts";
import { Heartbeats, privateOccasions } from "./heartbeats.ts";
import { generateNodeId, isNodeId } from "./node-id.ts";
import { PendingRequests } from "./pending-requests.ts";
import type { ClusterOwner, LocalClients, OrderedWay, PassedListener } from "./ports.ts";
import { ClusterRequestHandler, type ClusterRequestHandlerOwner } from "./request-handler.ts";
import type { LocalServer, OtherServers, ServerReplyListener } from "./server-event.ts";
import { everyProcess, leadsTo, namespaceSubject, nodeSubject, roomSubject } from "./subjects.ts";

/** What a cluster is made of. */
export interface ClusterParts {
  /** The id of this process; by default a new one. */
  readonly node?: string | undefined;
  /** The way to the others; the cluster opens and closes it. */
  readonly bus: Bus;
  /** The clients of this process. */
  readonly clients: LocalClients;
  /** Takes the events that other processes send to this one. */
  readonly server?: LocalServer | null;
  /** Is told of the bus. */
  readonly owner: ClusterOwner;
  readonly clock: Clock;
  readonly trace: Trace;
  /** Where they differ from the default. */
  readonly times?: Partial<ClusterTimes>;
  /** What the processes share, for their relays; the bus signs the messages. */
  readonly secret?: QueueSecret | null;
}

/** See the head of this file. */
export class Cluster
  implements
    Backplane,
    OtherServers,
    BusListener,
    MembersOwner,
    PassedListener,
    ClusterRequestsOwner,
    ClusterRequestHandlerOwner
{
  readonly sidPrefix: string;
  /** The subject of this process alone. */
  readonly #ownSubject: string;
  /** The way on which messages keep their place among recoverable events; `null` for none. */
  ordered: OrderedWay | null = null;
  readonly #bus: Bus;
  readonly #clients: LocalClients;
  readonly #owner: ClusterOwner;
  readonly #trace: Trace;
  readonly #monitor: BusMonitor;
  readonly #subscriptions: AwaitedSubscriptions;
  readonly #heartbeats: Heartbeats;
  readonly #members: Members;
  readonly #events: ClusterEvents;
  readonly #requests: ClusterRequests;
  readonly #handler: ClusterRequestHandler;
  #state: "new" | "up" | "down" | "closed" = "new";

  constructor(parts: ClusterParts) {
    const { bus, clients, server = null, owner, clock, trace, times, secret = null } = parts;
    const settled = { ...defaultClusterTimes, ...times };
    const { node = generateNodeId() } = parts;
    this.sidPrefix = node;
    this.#ownSubject = nodeSubject(node);
    this.#bus = bus;
    this.#clients = clients;
    this.#owner = owner;
    this.#trace = trace;
    this.#monitor = new BusMonitor(bus, owner, trace);
    this.#subscriptions = new AwaitedSubscriptions(bus, settled, clock);
    this.#heartbeats = new Heartbeats(node, secret);
    this.#members = new Members(node, settled, clock, this);
    this.#events = new ClusterEvents(node, clients, this);
    const pending = new PendingRequests(settled.answerTimeout, clock);
    this.#requests = new ClusterRequests(node, clients, pending, this);
    this.#handler = new ClusterRequestHandler(
      node,
      { clients, server },
      { deadAfter: settled.deadAfter, clock },
      this,
    );
  }

  /** Connects. Settles when the first attempt has ended; rejects when none can succeed. */
  async open(): Promise<void> {
    this.#subscriptions.hold(everyProcess);
    this.#subscriptions.hold(this.#ownSubject);
    try {
      await this.#bus.open(this);
    } catch (error) {
      // No further attempt comes, so waiting for one would not end.
      this.#goDown();
      this.#monitor.failed(error);
      throw error;
    }
  }

  /** Says goodbye, and closes the bus after messages under way. */
  async close(): Promise<void> {
    await this.#requests.settled();
    if (this.#state === "closed") return;
    this.#members.close();
    this.#requests.pending.giveUpAll();
    this.#state = "closed";
    this.#handler.close();
    this.#requests.onOpened();
    this.#subscriptions.close();
    await this.#bus.close();
  }

  /** This process: what the ids of its connections may begin with, so that others know whose they are. */
  get node(): string {
    return this.sidPrefix;
  }

  get contexts(): ContextPropagation {
    return this.#trace.operations.contexts;
  }

  get isServer(): boolean {
    return this.#heartbeats.isServer;
  }

  get isReachable(): boolean {
    return this.#state === "up";
  }

  /** What to wait for until all processes have answered the latest greeting; `null` for nothing. */
  get introduced(): Promise<void> | null {
    return this.#members.introduced;
  }

  nodes(): readonly string[] {
    return this.#members.servers();
  }

  labelOf(node: string): string {
    return this.#members.label(node);
  }

  /**
   * Where another process takes requests of its clients that land here; `undefined` where it is not there.
   */
  addressOf(node: string): RelayAddress | undefined {
    return this.#members.relay(node);
  }

  /** Tells others where this process takes such requests. */
  announce(relay: ToldRelay): void {
    this.#heartbeats.relay = relay;
    this.sendHeartbeat({ occasion: "beat" }, null);
  }

  /** This process takes clients from now on, so others ask it for them. */
  serve(): void {
    if (this.isServer) return;
    this.#heartbeats.isServer = true;
    this.sendHeartbeat({ occasion: "beat" }, null);
  }

  /** Has what concerns clients of recoverable namespaces keep its place among their events. */
  order(way: OrderedWay): void {
    this.ordered = way;
    way.listener = this;
  }

  emit(
    target: Target,
    packet: EventPacket,
    event: string,
    values: readonly unknown[],
    flags: PacketFlags,
  ): void {
    this.#events.emit(target, encodedOf(packet, target, event, values), flags);
  }

  publish(operation: Operation): Promise<void> {
    return this.#requests.publish(operation);
  }

  ask(request: AckRequest, timeout: number | null, listener: AckListener): () => void {
    return this.#requests.ask(request, timeout, listener);
  }

  sockets(target: Target): Promise<FoundSockets> {
    return this.#requests.sockets(target);
  }

  count(target: Target): Promise<FoundCount> {
    return this.#requests.count(target);
  }

  tellServers(event: string, values: readonly unknown[]): void {
    this.#requests.tellServers(event, values);
  }

  askServers(
    event: string,
    values: readonly unknown[],
    timeout: number,
    listener: ServerReplyListener,
  ): void {
    this.#requests.askServers(event, values, timeout, listener);
  }

  send(subject: string, message: Uint8Array): boolean {
    return this.#monitor.send(subject, message);
  }

  whenUp(): Promise<void> | null {
    // Before the first connection an operation keeps its place among what else waits for that.
    return this.#state === "new" ? null : (this.#bus.whenUp?.() ?? null);
  }

  onNamespaceOpen(namespace: string): Promise<void> | null {
    this.serve();
    const subject = namespaceSubject(namespace);
    this.#subscriptions.hold(subject);
    return this.#subscriptions.confirmed(subject);
  }

  onNamespaceEmpty(namespace: string): void {
    this.#subscriptions.release(namespaceSubject(namespace));
  }

  onRoomOpen(namespace: string, room: string): void {
    this.#subscriptions.hold(roomSubject(namespace, room));
  }

  onRoomEmpty(namespace: string, room: string): void {
    this.#subscriptions.release(roomSubject(namespace, room));
  }

  subscribed(namespace: string, room: string): Promise<void> | null {
    return this.#subscriptions.confirmed(roomSubject(namespace, room));
  }

  onUp(): void {
    if (this.#state === "closed") return;
    this.#state = "up";
    this.#subscriptions.resume();
    this.#members.greet();
    this.#requests.onOpened();
    this.#handler.onReachable();
    this.#monitor.up();
  }

  onDown(error: unknown): void {
    if (this.#state === "closed") return;
    this.#goDown();
    this.#clients.onGap();
    this.#monitor.down(error);
  }

  #goDown(): void {
    this.#state = "down";
    this.#requests.pending.giveUpAll();
    this.#requests.onOpened();
    this.#subscriptions.pause();
  }

  onRefused(error: unknown): void {
    this.#owner.onRefused(error);
  }

  report(error: unknown): void {
    this.#owner.report(error);
  }

  onIgnored(problem: MessageProblem, details: string): void {
    this.#owner.onIgnored(problem, details);
  }

  sendHeartbeat(draft: HeartbeatDraft, to: string | null): void {
    // Nothing is as useless as an old sign of life, so one that is dropped is no loss.
    if (this.#state !== "up") return;
    this.#bus.publish(to === null ? everyProcess : nodeSubject(to), this.#heartbeats.encode(draft));
  }

  onMemberJoined(node: string, label: string): void {
    if (this.#trace.active) this.#trace.publish({ type: "process joined", node, label });
    this.#handler.onReachable();
  }

  onMemberLeft(node: string, label: string, isSilent: boolean): void {
    this.#events.forget(node);
    this.#handler.onMemberLeft(node);
    this.#requests.pending.onMemberLeft(node);
    if (this.#trace.active) {
      this.#trace.publish({ type: "process left", node, label, reason: isSilent ? "silent" : "goodbye" });
    }
  }

  onMessage(subject: string, bytes: Uint8Array): void {
    this.#takeSafely(bytes, subject, null);
  }

  onPassed(message: Uint8Array, namespace: string): void {
    this.#takeSafely(message, null, namespace);
  }

  onPassedBreak(namespace: string): void {
    this.#handler.onPassedBreak(namespace);
  }

  #takeSafely(bytes: Uint8Array, subject: string | null, passedIn: string | null): void {
    try {
      this.#take(bytes, subject, passedIn);
    } catch (error) {
      // Whatever a message holds, it must not end the process.
      this.onIgnored("unreadable", String(error));
    }
  }

  /**
   * Takes a message from a subject, or from among the events of a namespace. Each kind has its own places: a
   * broker that gives a program the right to some subjects, and not to others, so limits what the program can
   * do.
   */
  #take(bytes: Uint8Array, subject: string | null, passedIn: string | null): void {
    const decoded = decodeMessage(bytes, this.node);
    // The id of the sender is the key under which others remember it.
    const message = "origin" in decoded && !isNodeId(decoded.origin) ? stranger : decoded;
    const isOwn = subject === this.#ownSubject;
    switch (message.type) {
      case "own":
        break;
      case "stranger":
        this.onIgnored("unreadable", "a message of no process");
        break;
      case "event": {
        const { target } = message;
        const isPlaced = subject === null ? target.namespace === passedIn : leadsTo(subject, target);
        if (isPlaced) this.#events.deliver(message);
        else this.#misplaced(message.type, subject);
        break;
      }
      case "question":
        if (subject === null && readPassedIn(message.body) === passedIn) this.#handler.onCopy(message);
        else if (subject === everyProcess || isOwn) this.#handler.onQuestion(message);
        else this.#misplaced(message.type, subject);
        break;
      case "answer":
        if (isOwn) this.#requests.pending.onAnswer(message);
        else this.#misplaced(message.type, subject);
        break;
      case "heartbeat":
        if (subject === everyProcess || (isOwn && privateOccasions.has(message.occasion))) {
          this.#members.onHeartbeat(this.#heartbeats.completed(message));
        } else {
          this.#misplaced(message.type, subject);
        }
        break;
      case "unreadable":
        this.onIgnored(bytes[0] === signedMark ? "signed" : "unreadable", message.reason);
        break;
      default:
        message satisfies never;
    }
  }

  #misplaced(type: string, subject: string | null): void {
    const place = subject === null ? "among the events of another namespace" : `on ${subject}`;
    this.onIgnored("misplaced", `${type} ${place}`);
  }
}

/** Stands for a message whose sender is no process. */
const stranger = { type: "stranger" } as const;

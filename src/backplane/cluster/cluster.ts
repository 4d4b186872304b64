/**
 * This process among the others of its application: sends what concerns their clients, and carries out here what they
 * send. Which bus lies between does not matter.
 */

import { hostname } from "node:os";
import type { Clock } from "../../base/time/clock.ts";
import { Deadline, DeadlineQueue } from "../../base/time/deadline-queue.ts";
import type { Trace } from "../../base/trace.ts";
import type { AckListener } from "../../core/model/ack-listener.ts";
import type { Operation } from "../../core/model/operation.ts";
import type { FoundCount, FoundSockets, SocketInfo } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import { decodeEvent, type EventPacket, JsonEventPacket } from "../../core/packet/event-packet.ts";
import type { AckRequest, Backplane } from "../../core/ports.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { encodeEvent, eventProblem } from "../../protocol/socket-packet-encoder.ts";
import { BoundedWaits } from "../bus/bounded-waits.ts";
import type { Bus, BusListener } from "../bus/bus.ts";
import { Subscriptions } from "../bus/subscriptions.ts";
import {
  type AnswerMessage,
  decodeMessage,
  type EventMessage,
  encodeMessage,
  type HeartbeatMessage,
  type QuestionMessage,
  type RelayAddress,
  type ToldRelay,
} from "../wire/envelope.ts";
import type { MessageProblem, MessageProblemListener } from "../wire/message-problem.ts";
import {
  type AnswerBody,
  type QuestionBody,
  readAnswer,
  readPassedIn,
  readQuestion,
} from "../wire/question-bodies.ts";
import type { QueueSecret } from "../wire/queue-secret.ts";
import { signedMark } from "../wire/signed-messages.ts";
import { DuplicateFilter } from "./duplicate-filter.ts";
import { Members, type MembersOwner, type MemberTimes } from "./members.ts";
import { PendingRequests } from "./pending-requests.ts";
import {
  handleWithin,
  type LocalServer,
  type OtherServers,
  type ServerReply,
  type ServerReplyListener,
} from "./server-event.ts";
import {
  everyProcess,
  generateNodeId,
  isNodeId,
  leadsTo,
  namespaceSubject,
  nodeOf,
  nodeSubject,
  roomSubject,
} from "./subjects.ts";

/** The clients of this process. */
export interface LocalClients {
  /** Sends an event to those of this process. */
  deliver(target: Target, event: EncodedEvent, flags: PacketFlags): void;
  /** Carries out an operation on those of this process. */
  apply(operation: Operation): void;
  /** Asks those of this process. */
  inquireFor(target: Target, event: EncodedEvent, timeout: number, listener: AckListener): () => void;
  /** Lists those of this process. */
  describe(target: Target): readonly SocketInfo[];
  /** Counts those of this process. */
  countHere(target: Target): number;
  /** What other processes sent may have been lost. */
  onGap(): void;
  /** Whether clients of a namespace keep their public ids when they come back to another process. */
  roams(namespace: string): boolean;
  /** What to wait for until other processes would know what is known of clients here; `null` for nothing. */
  kept(target: Target): Promise<unknown> | null;
}

/**
 * A second way to the processes of a recoverable namespace, on which messages keep their place among its events.
 */
export interface OrderedWay {
  /** Hears what other processes pass; `null` for nobody. */
  listener: PassedListener | null;
  /**
   * Sends a message to the processes that have clients in a namespace.
   *
   * @param target - for whom it is; `null` for all of these processes
   * @param isAgain - whether it waits for a connection where there is none, and may come twice; else it is dropped
   * @returns `false` where it cannot go that way
   */
  pass(namespace: string, target: Target | null, message: Uint8Array, isAgain: boolean): boolean;
  /** Whether what others pass in a namespace is heard here. */
  hears(namespace: string): boolean;
}

/** Who hears what other processes pass. */
export interface PassedListener {
  /** @param namespace - among whose events it was passed */
  onPassed(message: Uint8Array, namespace: string): void;
  /** There was a break: what was passed in a namespace before comes no more. */
  onPassedBreak(namespace: string): void;
}

/** What the cluster tells of its bus. */
export interface ClusterOwner extends MessageProblemListener {
  /** Other processes can be reached: for the first time, or again. */
  onUp(): void;
  /** They cannot, for now. Told once, however many attempts fail. */
  onDown(error: unknown): void;
  /** The bus did not take one message, although it is up. */
  onRefused(error: unknown): void;
  /** Reports an error that nobody else is told. */
  report(error: unknown): void;
}

/** How long a cluster waits, in ms. */
export interface ClusterTimes extends MemberTimes {
  /** For the answer of another process, or the confirmation of a subscription. */
  readonly answerTimeout: number;
  /** Until a room that has lost its last member here is not listened to any more. */
  readonly linger: number;
}

/** The times that hold where nothing else is said. */
export const defaultClusterTimes: ClusterTimes = {
  heartbeatInterval: 3000,
  deadAfter: 10_000,
  introduction: 300,
  answerTimeout: 2000,
  linger: 5000,
};

/** A question of which a copy was passed in a namespace. Whoever hears that namespace waits for the copy. */
type PassedBody = QuestionBody & { readonly passedIn?: string };

/** How many clients are told of in one message, and in how many characters: brokers have a limit for the size of theirs. */
const maxPart = { sockets: 100, characters: 100_000 };

/** So many questions wait for their copies. */
const maxEarly = 1000;
/** The shortest key for relayed requests, in bytes. */
const shortestKey = 16;

/** How others call this process. */
export function processLabel(): string {
  return `${hostname()}:${process.pid}`;
}

/** See above. */
export class Cluster implements Backplane, OtherServers, BusListener, MembersOwner, PassedListener {
  readonly sidPrefix: string;
  /** Takes the events that other processes send to this one; `null` for nobody. */
  server: LocalServer | null = null;
  readonly #node: string;
  /** What is for this process alone. */
  readonly #ownSubject: string;
  readonly #label = processLabel();
  readonly #bus: Bus;
  readonly #clients: LocalClients;
  readonly #owner: ClusterOwner;
  readonly #clock: Clock;
  readonly #times: ClusterTimes;
  readonly #trace: Trace;
  readonly #secret: QueueSecret | null;
  readonly #interest: Subscriptions;
  readonly #members: Members;
  readonly #questions: PendingRequests;
  readonly #recent = new DuplicateFilter();
  readonly #patience: BoundedWaits;
  /** Operations that wait for the bus. */
  readonly #late = new Set<Promise<void>>();
  #lastId = 0;
  #ordered: OrderedWay | null = null;
  /** The questions that were carried out of those that come on two ways. */
  readonly #carriedOut = new DuplicateFilter();
  /** Those of which the copy has not come that keeps its place, and how long they wait for it. */
  readonly #early = new Map<string, Deadline<QuestionMessage>>();
  readonly #earlyDeadlines: DeadlineQueue<QuestionMessage>;
  #isServer = false;
  #relay: ToldRelay | null = null;
  #state: "new" | "up" | "down" | "closed" = "new";
  /** Settles when the first attempt to connect has ended. */
  readonly #opened: Promise<void>;
  #settleOpened: () => void = () => {};

  /**
   * @param bus - the way to the others; opened and closed here
   * @param clients - the clients of this process
   * @param owner - who is told of the bus
   * @param clock - where time comes from
   * @param trace - where to tell what happens
   * @param times - what is not to be as usual
   * @param secret - what the processes share, for their relays; the bus has the messages signed
   */
  constructor(
    bus: Bus,
    clients: LocalClients,
    owner: ClusterOwner,
    clock: Clock,
    trace: Trace,
    times: Partial<ClusterTimes> = {},
    secret: QueueSecret | null = null,
  ) {
    this.#secret = secret;
    this.#node = generateNodeId();
    this.#ownSubject = nodeSubject(this.#node);
    this.sidPrefix = this.#node;
    this.#bus = bus;
    this.#clients = clients;
    this.#owner = owner;
    this.#clock = clock;
    this.#trace = trace;
    this.#times = { ...defaultClusterTimes, ...times };
    this.#interest = new Subscriptions(bus, this.#times.linger, clock);
    this.#members = new Members(this.#node, this.#times, clock, this);
    this.#questions = new PendingRequests(this.#times.answerTimeout, clock);
    this.#patience = new BoundedWaits(this.#times.answerTimeout, clock);
    // A break is told; this is for what nobody notices.
    this.#earlyDeadlines = new DeadlineQueue(clock, this.#times.deadAfter, (question) =>
      this.#answerOnce(question),
    );
    this.#opened = new Promise((resolve) => {
      this.#settleOpened = resolve;
    });
  }

  /** Connects. Settles when the first attempt has ended; rejects when none can succeed. */
  async open(): Promise<void> {
    this.#interest.hold(everyProcess);
    this.#interest.hold(this.#ownSubject);
    try {
      await this.#bus.open(this);
    } catch (error) {
      // No further attempt comes, so waiting for one would not end.
      this.#goDown(error);
      throw error;
    }
  }

  /** What to wait for until the processes that are there are known; `null` for nothing. */
  get introduced(): Promise<void> | null {
    return this.#members.introduced;
  }

  /** What the ids of this process's connections may begin with, so that others know whose they are. */
  get node(): string {
    return this.#node;
  }

  get isServer(): boolean {
    return this.#isServer;
  }

  get isReachable(): boolean {
    return this.#state === "up";
  }

  nodes(): readonly string[] {
    return this.#members.servers();
  }

  /** Where another process takes requests of its clients that land here; `undefined` where it is not there. */
  addressOf(node: string): RelayAddress | undefined {
    return this.#members.relay(node);
  }

  /** Tells others where this process takes such requests. */
  announce(relay: ToldRelay): void {
    this.#relay = relay;
    if (this.#state === "up") this.sendHeartbeat("beat", null);
  }

  /** Has what concerns clients of recoverable namespaces keep its place among their events. */
  order(way: OrderedWay): void {
    this.#ordered = way;
    way.listener = this;
  }

  onPassed(message: Uint8Array, namespace: string): void {
    this.#takeSafely(message, null, namespace);
  }

  onPassedBreak(namespace: string): void {
    for (const { item } of [...this.#early.values()]) {
      if (readPassedIn(item.body) === namespace) this.#answerOnce(item);
    }
  }

  /** This process takes clients from now on, so others ask it for them. */
  serve(): void {
    if (this.#isServer) return;
    this.#isServer = true;
    if (this.#state === "up") this.sendHeartbeat("beat", null);
  }

  /** Says goodbye and lets go of everything, after what is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#late);
    if (this.#state === "closed") return;
    this.#members.close();
    this.#questions.giveUpAll();
    this.#interest.close();
    this.#state = "closed";
    this.#stopWaiting();
    await this.#bus.close();
  }

  emit(
    target: Target,
    packet: EventPacket,
    event: string,
    values: readonly unknown[],
    { volatile = false, compress = true }: PacketFlags,
  ): void {
    const subjects = this.#subjectsOf(target);
    const isManifold = subjects.length > 1 || (target.rooms?.length ?? 0) > 1;
    if (isManifold) this.#lastId += 1;
    const message = encodeMessage({
      type: "event",
      origin: this.#node,
      id: isManifold ? this.#lastId : 0,
      target,
      volatile,
      compress,
      event: encodedOf(packet, target, event, values),
    });
    // Where a namespace has numbered events, those that are not volatile come here only if they cannot be numbered.
    if (volatile && this.#ordered?.pass(target.namespace, target, message, false) === true) return;
    for (const subject of subjects) this.#send(subject, message);
  }

  publish(operation: Operation): Promise<void> {
    // Before the first connection it keeps its place among what else waits for that.
    const wait = this.#state === "new" ? null : (this.#bus.whenUp?.() ?? null);
    if (wait === null) return this.#operate(operation);
    const operated = wait.then(() => this.#operate(operation));
    this.#late.add(operated);
    void operated.then(() => this.#late.delete(operated));
    return operated;
  }

  #operate(operation: Operation): Promise<void> {
    return new Promise((resolve) => {
      const target = operation.type === "close room" ? null : operation.target;
      this.#question(target, { type: "operation", operation }, null, {
        onAnswer() {},
        onEnd: () => resolve(),
      });
    });
  }

  ask(
    { target, packet, event, values }: AckRequest,
    timeout: number | null,
    listener: AckListener,
  ): () => void {
    const encoded = encodedOf(packet, target, event, values);
    return this.#question(target, { type: "ask", target, timeout }, encoded, {
      onAnswer: (message) => {
        const answer = readAnswer(message.body);
        if (answer.type === "answered" && message.event !== null)
          listener.onAnswer(answer.sid, decodeEvent(message.event).slice(1));
        else if (answer.type === "failed") listener.onFailure(answer.sid, answer.failure);
      },
      onEnd: (missing) => listener.onEnd(missing.map((node) => this.#members.label(node))),
    });
  }

  sockets(target: Target): Promise<FoundSockets> {
    return new Promise((resolve) => {
      const sockets: SocketInfo[] = [];
      this.#question(target, { type: "sockets", target }, null, {
        onAnswer: ({ body }) => {
          const answer = readAnswer(body);
          if (answer.type === "sockets") sockets.push(...answer.sockets);
        },
        onEnd: (missing) => resolve({ sockets, missing: missing.map((node) => this.#members.label(node)) }),
      });
    });
  }

  count(target: Target): Promise<FoundCount> {
    return new Promise((resolve) => {
      let count = 0;
      this.#question(target, { type: "count", target }, null, {
        onAnswer: ({ body }) => {
          const answer = readAnswer(body);
          if (answer.type === "count") count += answer.count;
        },
        onEnd: (missing) => resolve({ count, missing: missing.map((node) => this.#members.label(node)) }),
      });
    });
  }

  tellServers(event: string, values: readonly unknown[]): void {
    const body: QuestionBody = { type: "server event", timeout: 0 };
    const encoded = encodeEvent("/", [event, ...values]);
    this.#send(
      everyProcess,
      encodeMessage({ type: "question", origin: this.#node, id: 0, body, event: encoded }),
    );
  }

  askServers(
    event: string,
    values: readonly unknown[],
    timeout: number,
    listener: ServerReplyListener,
  ): void {
    const encoded = encodeEvent("/", [event, ...values]);
    const label = (node: string) => this.#members.label(node);
    this.#question(null, { type: "server event", timeout }, encoded, {
      onAnswer: ({ origin, body, event: reply }) => {
        const answer = readAnswer(body);
        if (answer.type === "handled" && reply !== null)
          listener.onReply(label(origin), { values: decodeEvent(reply).slice(1) });
        else if (answer.type === "not handled") listener.onReply(label(origin), { failure: answer.failure });
      },
      onEnd: (missing) => listener.onEnd(missing.map(label)),
    });
  }

  onNamespaceOpen(namespace: string): Promise<void> | null {
    this.serve();
    const subject = namespaceSubject(namespace);
    this.#interest.hold(subject);
    return this.#confirmed(subject);
  }

  onNamespaceEmpty(namespace: string): void {
    this.#interest.release(namespaceSubject(namespace));
  }

  onRoomOpen(namespace: string, room: string): void {
    this.#interest.hold(roomSubject(namespace, room));
  }

  onRoomEmpty(namespace: string, room: string): void {
    this.#interest.release(roomSubject(namespace, room));
  }

  subscribed(namespace: string, room: string): Promise<void> | null {
    return this.#confirmed(roomSubject(namespace, room));
  }

  onMessage(subject: string, bytes: Uint8Array): void {
    this.#takeSafely(bytes, subject, null);
  }

  #takeSafely(bytes: Uint8Array, subject: string | null, passedIn: string | null): void {
    try {
      this.#take(bytes, subject, passedIn);
    } catch (error) {
      // Whatever a message holds, it must not end the process.
      this.onIgnored("unreadable", String(error));
    }
  }

  onUp(): void {
    if (this.#state === "closed") return;
    this.#state = "up";
    this.#members.greet();
    this.#settleOpened();
    this.server?.onServerJoined();
    if (this.#trace.active) this.#trace.publish({ type: "backplane up", bus: this.#bus.name });
    this.#owner.onUp();
  }

  onDown(error: unknown): void {
    if (this.#state === "closed") return;
    this.#goDown(error);
    this.#clients.onGap();
    this.#owner.onDown(error);
  }

  #goDown(error: unknown): void {
    this.#state = "down";
    this.#questions.giveUpAll();
    this.#stopWaiting();
    if (this.#trace.active) {
      this.#trace.publish({ type: "backplane down", bus: this.#bus.name, reason: String(error) });
    }
  }

  onRefused(error: unknown): void {
    this.#owner.onRefused(error);
  }

  sendHeartbeat(occasion: HeartbeatMessage["occasion"], to: string | null): void {
    // Nothing is as useless as an old sign of life.
    if (this.#state !== "up") return;
    const label = this.#label;
    const subject = to === null ? everyProcess : nodeSubject(to);
    this.#bus.publish(
      subject,
      encodeMessage({
        type: "heartbeat",
        origin: this.#node,
        label,
        occasion,
        isServer: this.#isServer,
        relay: this.#relay,
      }),
    );
  }

  onMemberJoined(node: string, label: string): void {
    if (this.#trace.active) this.#trace.publish({ type: "process joined", node, label });
    this.server?.onServerJoined();
  }

  onIgnored(problem: MessageProblem, details: string): void {
    this.#owner.onIgnored(problem, details);
  }

  onMemberLeft(node: string, label: string, isSilent: boolean): void {
    this.#recent.forget(node);
    // A question of it may still wait for its copy.
    this.#clock.after(2 * this.#times.deadAfter, () => this.#carriedOut.forget(node));
    this.#questions.onMemberLeft(node);
    this.server?.onServerLeft(node);
    if (this.#trace.active) {
      this.#trace.publish({ type: "process left", node, label, reason: isSilent ? "silent" : "goodbye" });
    }
  }

  /**
   * Takes a message from a subject, or from among the events of a namespace. Each kind has its own places: so a broker that
   * gives a program the right to some subjects, and not to others, limits what the program can do.
   */
  #take(bytes: Uint8Array, subject: string | null, passedIn: string | null): void {
    const decoded = decodeMessage(bytes, this.#node);
    // What is remembered of a process is remembered under its id.
    const message = "origin" in decoded && !isNodeId(decoded.origin) ? stranger : decoded;
    switch (message.type) {
      case "own":
        break;
      case "stranger":
        this.onIgnored("unreadable", "a message of no process");
        break;
      case "event": {
        const { target } = message;
        const isPlaced = subject === null ? target.namespace === passedIn : leadsTo(subject, target);
        if (isPlaced) this.#deliver(message);
        else this.#misplaced(message.type, subject);
        break;
      }
      case "question":
        if (subject === null) {
          if (readPassedIn(message.body) === passedIn) this.#answerOnce(message);
          else this.#misplaced(message.type, subject);
        } else if (subject === everyProcess || subject === this.#ownSubject) {
          this.#onQuestion(message);
        } else {
          this.#misplaced(message.type, subject);
        }
        break;
      case "answer":
        if (subject === this.#ownSubject) this.#questions.onAnswer(message);
        else this.#misplaced(message.type, subject);
        break;
      case "heartbeat":
        if (subject === everyProcess || (subject === this.#ownSubject && message.occasion === "beat")) {
          this.#members.onHeartbeat({ ...message, relay: this.#completed(message) });
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

  /** Where a process takes requests. Processes that share a secret find the key by it, and take none from a message. */
  #completed({ origin, relay }: HeartbeatMessage): RelayAddress | null {
    if (relay === null || !isAddress(relay)) return null;
    const { host, port, key } = relay;
    if (this.#secret !== null) return { host, port, ...this.#secret.relayKey(origin) };
    return key === null ? null : { host, port, key };
  }

  #deliver({ origin, id, target, event, volatile, compress }: EventMessage): void {
    if (id !== 0 && !this.#recent.add(origin, id)) return;
    const problem = eventProblem(event, target.namespace);
    if (problem === null) this.#clients.deliver(target, event, { volatile, compress });
    else this.onIgnored("unfit", `an event for ${target.namespace} is not sent on: ${problem}`);
  }

  #misplaced(type: string, subject: string | null): void {
    const place = subject === null ? "among the events of another namespace" : `on ${subject}`;
    this.onIgnored("misplaced", `${type} ${place}`);
  }

  #send(subject: string, message: Uint8Array): boolean {
    const sent = this.#bus.publish(subject, message);
    if (!sent && this.#trace.active) this.#trace.publish({ type: "message dropped", bytes: message.length });
    return sent;
  }

  /** Each subject once: several clients may be in one process. */
  #subjectsOf({ namespace, sid, rooms }: Target): readonly string[] {
    if (rooms === null && sid === null) return [namespaceSubject(namespace)];
    // Where clients roam, their ids do not tell where they are.
    const mayRoam = (room: string) => nodeOf(room) !== undefined && this.#clients.roams(namespace);
    if ((sid === null ? rooms : [sid])?.some(mayRoam) === true) return [namespaceSubject(namespace)];
    if (sid !== null) return [roomSubject(namespace, sid)];
    if (rooms === null) return [];
    const [first] = rooms;
    if (first !== undefined && rooms.length === 1) return [roomSubject(namespace, first)];
    return [...new Set(rooms.map((room) => roomSubject(namespace, room)))];
  }

  /**
   * Asks the process of a client, or all.
   *
   * @returns what stops the waiting
   */
  #question(
    target: Target | null,
    body: QuestionBody,
    event: EncodedEvent | null,
    listener: { onAnswer(message: AnswerMessage): void; onEnd(missing: readonly string[]): void },
  ): () => void {
    const isNamed = target !== null && target.sid !== null && !this.#clients.roams(target.namespace);
    const node = isNamed ? nodeOf(target.sid ?? "") : undefined;
    // Before everybody has answered the first greeting, all means those who have done so by then.
    const introduced = node === undefined ? this.#introduced() : null;
    const servers = () => this.#members.servers();
    const id =
      introduced === null
        ? this.#questions.expect(node === undefined ? servers() : [node], listener)
        : this.#questions.expectSoon(introduced, servers, listener);
    if (id === 0) return () => {};
    // It does not wait for that itself: what is sent afterwards would overtake it.
    const message = this.#pass(target, body, event, id);
    const sent = this.#send(node === undefined ? everyProcess : nodeSubject(node), message);
    if (!sent) this.#questions.giveUp(id);
    return () => this.#questions.forget(id);
  }

  /**
   * Writes a question. Where it is to keep its place among the events of a recoverable namespace, a copy is passed there.
   *
   * @returns what everybody is asked who has nobody in that namespace
   */
  #pass(target: Target | null, body: QuestionBody, event: EncodedEvent | null, id: number): Uint8Array {
    const write = (written: PassedBody) =>
      encodeMessage({ type: "question", origin: this.#node, id, body: written, event });
    const passedIn = namespaceOf(target, body);
    if (passedIn === null || this.#ordered === null) return write(body);
    const message = write({ ...body, passedIn });
    return this.#ordered.pass(passedIn, null, message, true) ? message : write(body);
  }

  /** What to wait for until the processes that are there are known; `null` for nothing. */
  #introduced(): Promise<void> | null {
    if (this.#state !== "new") return this.#members.introduced;
    return this.#opened.then(() => this.#members.introduced ?? undefined);
  }

  #confirmed(subject: string): Promise<void> | null {
    const confirmed = this.#interest.confirmed(subject);
    if (confirmed === null || this.#state === "down" || this.#state === "closed") return null;
    return this.#patience.wait(confirmed);
  }

  /** Nobody waits for a bus that is down. */
  #stopWaiting(): void {
    this.#settleOpened();
    this.#patience.end();
  }

  #onQuestion(question: QuestionMessage): void {
    const passedIn = readPassedIn(question.body);
    if (passedIn === null) {
      this.#answer(question);
    } else if (
      this.#early.size < maxEarly &&
      this.#ordered?.hears(passedIn) === true &&
      !this.#carriedOut.has(question.origin, question.id)
    ) {
      this.#reply(question)({ type: "asking" }, false);
      const deadline = new Deadline(question);
      this.#early.set(keyOf(question), deadline);
      this.#earlyDeadlines.add(deadline);
    } else {
      this.#answerOnce(question);
    }
  }

  /** Answers a question of which two copies come. */
  #answerOnce(question: QuestionMessage): void {
    this.#early.get(keyOf(question))?.cancel();
    this.#early.delete(keyOf(question));
    if (this.#state === "closed") return;
    if (this.#carriedOut.add(question.origin, question.id)) this.#answer(question);
  }

  #reply({ origin, id }: QuestionMessage): Reply {
    return (body, isLast, values = null) => {
      const message = encodeMessage({ type: "answer", origin: this.#node, id, isLast, body, event: values });
      this.#send(nodeSubject(origin), message);
    };
  }

  #answer(question: QuestionMessage): void {
    const { id, event } = question;
    const reply = this.#reply(question);
    const body = readQuestion(question.body);
    switch (body.type) {
      case "operation": {
        const { operation } = body;
        this.#clients.apply(operation);
        const subscribed =
          operation.type === "join" ? this.subscribed(operation.target.namespace, operation.room) : null;
        const kept = operation.type === "close room" ? null : this.#clients.kept(operation.target);
        const waits = [subscribed, kept].filter((wait) => wait !== null);
        if (waits.length === 0) reply({ type: "done" }, true);
        else void Promise.all(waits).then(() => reply({ type: "done" }, true));
        break;
      }
      case "ask": {
        let hasEnded = false;
        const problem = event === null ? "it is missing" : eventProblem(event, body.target.namespace);
        if (event === null || problem !== null) {
          this.onIgnored("unfit", `an event for ${body.target.namespace} is not sent on: ${problem}`);
          break;
        }
        this.#clients.inquireFor(body.target, event, body.timeout ?? Infinity, {
          onAnswer: (sid, values) => reply({ type: "answered", sid }, false, encodeValues(values)),
          onFailure: (sid, failure) => reply({ type: "failed", sid, failure }, false),
          onEnd() {
            hasEnded = true;
            reply({ type: "done" }, true);
          },
        });
        // Until the first answer of a client, this is what tells that the process is not silent.
        if (!hasEnded) reply({ type: "asking" }, false);
        break;
      }
      case "sockets": {
        for (const sockets of partsOf(this.#clients.describe(body.target))) {
          reply({ type: "sockets", sockets }, false);
        }
        reply({ type: "done" }, true);
        break;
      }
      case "count":
        reply({ type: "count", count: this.#clients.countHere(body.target) }, true);
        break;
      case "server event":
        if (event !== null) this.#handle(event, body.timeout, id === 0 ? null : reply);
        break;
      case "unknown":
        reply({ type: "done" }, true);
        break;
      default:
        body satisfies never;
    }
  }

  /** Hands an event to this process itself. */
  #handle(encoded: EncodedEvent, timeout: number, reply: Reply | null): void {
    const [event, ...values] = decodeEvent(encoded);
    if (reply === null) {
      void this.server?.handle(event, values);
    } else if (this.server === null) {
      reply({ type: "not handled", failure: "no handler" }, true);
    } else {
      // A handler may take longer than a silent process is waited for.
      reply({ type: "asking" }, false);
      void handleWithin(this.server, event, values, timeout, this.#clock).then((result) => {
        reply(...this.#replyTo(result));
      });
    }
  }

  #replyTo(result: ServerReply): Parameters<Reply> {
    if ("failure" in result) return [{ type: "not handled", failure: result.failure }, true];
    try {
      return [{ type: "handled" }, true, encodeValues(result.values)];
    } catch (error) {
      this.#owner.report(error);
      return [{ type: "not handled", failure: "handler failed" }, true];
    }
  }
}

/** Whether a process can be asked at an address: a program that writes to the message queue can write anything. */
function isAddress({ host, port, key }: ToldRelay): boolean {
  const isUsable = URL.canParse(`wss://${host.includes(":") ? `[${host}]` : host}:${port}/`);
  return isUsable && port > 0 && (key === null || key.length >= shortestKey);
}

/** Tells a question from all others. */
function keyOf({ origin, id }: QuestionMessage): string {
  return `${origin}:${id}`;
}

/** The namespace among whose events a question has its place; `null` for none. */
function namespaceOf(target: Target | null, body: QuestionBody): string | null {
  if (body.type === "ask") return body.target.namespace;
  if (body.type !== "operation") return null;
  return body.operation.type === "close room" ? body.operation.namespace : (target?.namespace ?? null);
}

/** Cuts a list into parts of which each fits into a message, unless one client alone is too much to tell. */
function* partsOf(sockets: readonly SocketInfo[]): Iterable<readonly SocketInfo[]> {
  let part: SocketInfo[] = [];
  let characters = 0;
  for (const socket of sockets) {
    const length = JSON.stringify(socket).length;
    const isFull = part.length === maxPart.sockets || characters + length > maxPart.characters;
    if (isFull && part.length > 0) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(socket);
    characters += length;
  }
  if (part.length > 0) yield part;
}

/** Stands for a message whose sender is no process. */
const stranger = { type: "stranger" } as const;

/** Sends an answer, or a part of it. */
type Reply = (body: AnswerBody, isLast: boolean, values?: EncodedEvent | null) => void;

/** An event in the form in which it travels, which is that of the default parser whatever parser clients have. */
function encodedOf(
  packet: EventPacket,
  { namespace }: Target,
  event: string,
  values: readonly unknown[],
): EncodedEvent {
  return packet instanceof JsonEventPacket ? packet.encoded : encodeEvent(namespace, [event, ...values]);
}

/** The values of an answer, as an event that carries them. */
function encodeValues(values: readonly unknown[]): EncodedEvent {
  return encodeEvent("/", ["answer", ...values]);
}

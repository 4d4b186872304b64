/**
 * The recoverable namespaces of one node in a shared broker. It opens one connection for all of them with
 * the first one, and limits how long events wait for it.
 */

import { RoomcastError } from "../../base/errors.ts";
import type { Clock, Timer } from "../../base/time/clock.ts";
import { afterRunning } from "../../base/time/running-time.ts";
import type { Target } from "../../core/model/target.ts";
import type {
  RecoverableEvent,
  RecoveryLog,
  RecoverySession,
  SharedLogBounds,
  SharedLogOwner,
  SharedRecovery,
} from "../../core/recovery/recovery-log.ts";
import { BrokerBus, type ConnectBroker } from "../bus/broker-bus.ts";
import type { BusListener } from "../bus/bus.ts";
import { patience as emitterPatience } from "../bus/emitter-bus.ts";
import { OpenRequests } from "../bus/open-requests.ts";
import type { ClusterOwner, OrderedWay, PassedListener } from "../cluster/ports.ts";
import { EventStream, type Unkept } from "../stream/event-stream.ts";
import type { UnsequencedEvent } from "../stream/stream-event.ts";
import { nameIn, type StreamLink } from "../stream/stream-link.ts";
import type { MessageProblem } from "../wire/message-problem.ts";
import { encoded, SharedRecoveryLog } from "./shared-recovery-log.ts";
import { eventTime } from "./stored-record.ts";

/** How long events wait for a connection until they are delivered without offsets, in ms of running time. */
const patience = 1000;
/** How long pending work may take at the end, in ms. */
const farewell = 1000;
/** The time between two rounds of periodic work, in ms. */
const tickInterval = 2000;

/** A broker that can keep events and records for several nodes. */
export interface LogBroker {
  /** The name of the broker, for messages. */
  readonly name: string;
  /**
   * Returns the function that opens links.
   *
   * @param onOpen - receives each link when it is open
   */
  readonly links: (onOpen: (link: StreamLink) => void) => ConnectBroker;
}

/** Receives the state of the broker. */
export interface BrokerRecoveryOwner extends ClusterOwner {
  /**
   * The broker cannot be used for recovery, and is not asked again.
   *
   * @param events - the events that were waiting for it
   */
  onUnusable(error: unknown, events: Iterable<UnsequencedEvent>): void;
  /** Events of a program that only emits did not reach the broker in time. */
  onLost(count: number, error: unknown): void;
  /** The broker refuses one event or record for its content. */
  onUnkept(what: Unkept, error: unknown): void;
}

/** The part of a log that the end of the node needs. */
interface OpenLog {
  drained(): Promise<void>;
}

/** Opens the streams and logs of a node, and gives them its connection. */
export class BrokerRecovery implements SharedRecovery, OrderedWay, BusListener {
  listener: PassedListener | null = null;
  readonly #channel: string;
  readonly #node: string;
  readonly #owner: BrokerRecoveryOwner;
  readonly #clock: Clock;
  readonly #bus: BrokerBus;
  /** The streams by the start of the names of their keys and channels. */
  readonly #streams = new Map<string, EventStream>();
  /** The streams that were unused in the last round. */
  readonly #unused = new Set<EventStream>();
  readonly #logs = new Set<OpenLog>();
  readonly #requests = new OpenRequests();
  #link: StreamLink | null = null;
  /** The link that is being set up. */
  #nextLink: StreamLink | null = null;
  #lastId = 0;
  #opened: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #isClosed = false;
  #isDetached = false;
  #hasGivenUp = false;
  /** Whether this node serves clients. A program that only emits waits longer for the broker. */
  #isServing = false;
  /** The namespaces for which the broker refuses requests. */
  readonly #refused = new Set<string>();
  #error: unknown = null;
  #waiting: Timer | null = null;

  /**
   * @param broker - keeps events and records
   * @param channel - the start of the names of all keys and channels
   * @param node - the id of this node
   * @param owner - receives the state of the connection
   * @param clock - the source of time
   */
  constructor(broker: LogBroker, channel: string, node: string, owner: BrokerRecoveryOwner, clock: Clock) {
    // Braces mark the namespace within a name.
    this.#channel = channel.replaceAll(/[{}]/g, "_");
    this.#node = node;
    this.#owner = owner;
    this.#clock = clock;
    const links = broker.links((link) => {
      this.#nextLink = link;
    });
    const connect: ConnectBroker = (linkOwner, signal) =>
      links(linkOwner, signal).catch((error: unknown) => {
        // The bus does not try again either.
        if (error instanceof RoomcastError && error.code !== "ERR_MESSAGE_QUEUE") this.#giveUp(error);
        throw error;
      });
    this.#bus = new BrokerBus(broker.name, connect, clock);
  }

  /** The node serves clients from now on. */
  serve(): void {
    this.#isServing = true;
    if (this.#waiting !== null) this.#wait();
  }

  /** Settles when the first attempt to reach the broker has ended. */
  async start(): Promise<void> {
    this.#start();
    await this.#opened;
  }

  open<Session extends RecoverySession>(
    namespace: string,
    owner: SharedLogOwner<Session>,
    bounds: SharedLogBounds,
  ): RecoveryLog<Session> {
    const stream = this.#stream(namespace, bounds);
    const log = new SharedRecoveryLog(stream, owner, bounds, {
      node: this.#node,
      clock: this.#clock,
      onEnd: () => this.#logs.delete(log),
    });
    this.#logs.add(log);
    return log;
  }

  append(event: RecoverableEvent, bounds: SharedLogBounds): void {
    this.#stream(event.target.namespace, bounds).publisher.append(encoded(event));
    if (this.#isDetached) this.#lose(1);
  }

  pass(namespace: string, target: Target | null, message: Uint8Array, isAgain: boolean): boolean {
    return this.#streams.get(this.#nameOf(namespace))?.publisher.pass(target, message, isAgain) ?? false;
  }

  hears(namespace: string): boolean {
    return this.#streams.get(this.#nameOf(namespace))?.hears ?? false;
  }

  /** Resolves when all events so far have offsets and were delivered here; after a moment in any case. */
  delivered(): Promise<void> {
    return this.#soon([...this.#streams.values()].map((stream) => stream.drained()));
  }

  /** Waits a moment for pending work, and ends all streams and the connection. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const drained = [...this.#logs, ...this.#streams.values()].map((each) => each.drained());
    await this.#soon(drained, this.#isServing ? farewell : emitterPatience);
    if (!this.#isDetached) this.#lose(this.#unsequenced().length);
    this.#isClosed = true;
    this.#stopWaiting();
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
    await this.#bus.close();
  }

  onMessage(channel: string, bytes: Uint8Array): void {
    this.#streams.get(channel.slice(0, channel.indexOf("}") + 1))?.onMessage(channel, bytes);
  }

  onUp(): void {
    const link = this.#nextLink;
    if (link === null || this.#isClosed) return;
    this.#link = link;
    this.#stopWaiting();
    if (this.#isDetached) this.#owner.onUp();
    this.#isDetached = false;
    for (const stream of this.#streams.values()) stream.onLink(link);
  }

  onDown(error: unknown): void {
    if (this.#isClosed) return;
    this.#link = null;
    this.#error = error;
    this.#requests.onBreak();
    for (const stream of this.#streams.values()) stream.onDown();
    if (!this.#isDetached) this.#wait();
  }

  /** The bus carries only the requests of links. */
  onRefused(error: unknown): void {
    this.#owner.onRefused(error);
  }

  /** The start of the names of a namespace's keys and channels. */
  #nameOf(namespace: string): string {
    return nameIn(this.#channel, namespace);
  }

  #stream(namespace: string, bounds: SharedLogBounds): EventStream {
    const name = this.#nameOf(namespace);
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const owner = {
        node: this.#node,
        clock: this.#clock,
        bus: this.#bus,
        requests: this.#requests,
        nextId: () => {
          this.#lastId += 1;
          return this.#lastId;
        },
        onPassed: (message: Uint8Array) => this.listener?.onPassed(message, namespace),
        onPassedBreak: () => this.listener?.onPassedBreak(namespace),
        onRefused: (error: unknown) => this.#onRefusing(name, error),
        onAccepted: () => this.#onAccepting(name),
        onIgnored: (problem: MessageProblem, details: string) => this.#owner.onIgnored(problem, details),
        onUnkept: (what: Unkept, error: unknown) => this.#owner.onUnkept(what, error),
        report: (error: unknown) => this.#owner.report(error),
      };
      const { maxEvents } = bounds;
      stream = new EventStream(name, namespace, owner, { maxEvents, age: eventTime(bounds) });
      this.#streams.set(name, stream);
      if (this.#isDetached || this.#isClosed) stream.detach();
      if (this.#link !== null) stream.onLink(this.#link);
      this.#start();
    }
    return stream;
  }

  /** Waits for promises, at most for a moment. */
  #soon(promises: readonly Promise<void>[], timeout = farewell): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(timeout, resolve, true);
      void Promise.all(promises).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #start(): void {
    if (this.#opened !== null || this.#isClosed) return;
    this.#wait();
    this.#tick();
    this.#opened = this.#bus.open(this).catch((error: unknown) => this.#giveUp(error));
  }

  /** The broker cannot be used for recovery. */
  #giveUp(error: unknown): void {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    const events = this.#unsequenced();
    this.#isDetached = true;
    this.#stopWaiting();
    this.#owner.onUnusable(error, events);
    for (const stream of this.#streams.values()) stream.detach();
  }

  #wait(): void {
    this.#stopWaiting();
    const time = this.#isServing ? patience : emitterPatience;
    // The timer keeps a program that only emits alive.
    this.#waiting = afterRunning(this.#clock, time, () => this.#detach(), !this.#isServing);
  }

  #stopWaiting(): void {
    this.#waiting?.cancel();
    this.#waiting = null;
  }

  #unsequenced(): readonly UnsequencedEvent[] {
    return [...this.#streams.values()].flatMap((stream) => [...stream.publisher.unsequenced()]);
  }

  #lose(count: number): void {
    if (count > 0 && !this.#isServing && !this.#hasGivenUp) this.#owner.onLost(count, this.#error);
  }

  #detach(): void {
    this.#stopWaiting();
    if (this.#isDetached || this.#isClosed) return;
    this.#isDetached = true;
    this.#lose(this.#unsequenced().length);
    this.#owner.onDown(this.#error ?? new Error(`${this.#bus.name} did not answer in time.`));
    for (const stream of this.#streams.values()) stream.detach();
  }

  #onRefusing(name: string, error: unknown): void {
    if (this.#refused.size === 0 && !this.#isDetached) this.#owner.onDown(error);
    this.#refused.add(name);
  }

  #onAccepting(name: string): void {
    if (this.#refused.delete(name) && this.#refused.size === 0 && !this.#isDetached) this.#owner.onUp();
  }

  #tick(): void {
    this.#clock.after(tickInterval, () => {
      if (this.#isClosed) return;
      for (const stream of this.#streams.values()) {
        stream.tick();
        if (!stream.isUnused) this.#unused.delete(stream);
        // Requests of its last clients may be pending.
        else if (this.#unused.has(stream)) this.#end(stream);
        else this.#unused.add(stream);
      }
      this.#tick();
    });
  }

  /** Ends the stream of a namespace that this node does not use any more. */
  #end(stream: EventStream): void {
    this.#unused.delete(stream);
    this.#streams.delete(stream.place.name);
    stream.close();
    this.#onAccepting(stream.place.name);
    // If this fails, the periodic tidying of another node removes the rest.
    this.#link?.end(stream.place).catch(() => {});
  }
}

/**
 * The recoverable namespaces of one node in a shared broker. It opens one connection for all of them with
 * the first one. {@link NodeStreams} holds their events, and {@link BrokerAvailability} limits how long these
 * wait for the connection.
 */

import { RoomcastError } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";
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
import type { QueueState } from "../bus/queue-health.ts";
import type { ClusterOwner, OrderedWay, PassedListener } from "../cluster/ports.ts";
import type { EventStream, Unkept } from "../stream/event-stream.ts";
import type { UnsequencedEvent } from "../stream/stream-event.ts";
import type { StreamLink } from "../stream/stream-link.ts";
import { BrokerAvailability, type BrokerAvailabilityOwner } from "./broker-availability.ts";
import { NodeStreams } from "./node-streams.ts";
import { encoded, SharedRecoveryLog } from "./shared-recovery-log.ts";

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

/** Receives what happens in the broker. */
export interface BrokerRecoveryOwner extends ClusterOwner, BrokerAvailabilityOwner {
  /** The broker refuses one event or record for its content. */
  onUnkept(what: Unkept, error: unknown): void;
  /** An event gets no offset, and is for clients of other nodes as well. */
  onUnshared(event: UnsequencedEvent): void;
  /** Events may have been delivered to clients of this node alone. */
  onDropped(count: number): void;
}

/** The parts of its node that recovery needs. */
export interface BrokerRecoveryParts {
  /** The start of the names of all keys and channels. */
  readonly channel: string;
  /** The id of this node. */
  readonly node: string;
  readonly clock: Clock;
}

/** The part of a log that the end of the node needs. */
interface OpenLog {
  drained(): Promise<void>;
}

/** Opens the logs of a node, and gives their streams its connection. */
export class BrokerRecovery implements SharedRecovery, OrderedWay, BusListener {
  listener: PassedListener | null = null;
  readonly #parts: BrokerRecoveryParts;
  readonly #owner: BrokerRecoveryOwner;
  readonly #bus: BrokerBus;
  readonly #streams: NodeStreams;
  readonly #availability: BrokerAvailability;
  readonly #logs = new Set<OpenLog>();
  /** The link that is being set up. */
  #nextLink: StreamLink | null = null;
  #opened: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #isClosed = false;

  /**
   * @param broker - keeps events and records
   * @param owner - receives the state of the connection
   * @param parts - the parts of this node
   */
  constructor(broker: LogBroker, owner: BrokerRecoveryOwner, parts: BrokerRecoveryParts) {
    const { channel, node, clock } = parts;
    this.#parts = parts;
    this.#owner = owner;
    const links = broker.links((link) => {
      this.#nextLink = link;
    });
    const connect: ConnectBroker = (linkOwner, signal) =>
      links(linkOwner, signal).catch((error: unknown) => {
        // The bus does not try again either.
        if (error instanceof RoomcastError && error.code !== "ERR_MESSAGE_QUEUE") {
          this.#availability.giveUp(error);
        }
        throw error;
      });
    this.#bus = new BrokerBus(broker.name, connect, clock);
    const streamParts = { node, clock, bus: this.#bus };
    this.#streams = new NodeStreams(channel, streamParts, {
      onPassed: (message, namespace) => this.listener?.onPassed(message, namespace),
      onPassedBreak: (namespace) => this.listener?.onPassedBreak(namespace),
      onRefused: (stream, error) => this.#availability.onRefused(stream, error),
      onAccepted: (stream) => this.#availability.onAccepted(stream),
      onIgnored: (problem, details) => owner.onIgnored(problem, details),
      onUnkept: (what, error) => owner.onUnkept(what, error),
      onUnshared: (event, isUnsent) => this.#onUnshared(event, isUnsent),
      report: (error) => owner.report(error),
    });
    this.#availability = new BrokerAvailability(
      broker.name,
      this.#streams,
      {
        onUp: () => owner.onUp(),
        onDown: (error) => owner.onDown(error),
        onLost: (count, error) => owner.onLost(count, error),
        onUnusable: (error, events) => {
          owner.onUnusable(error, events);
          void this.#bus.close();
        },
      },
      clock,
    );
  }

  /** The state of the connection. */
  get state(): QueueState {
    if (this.#opened === null || this.#isClosed) return "none";
    return this.#availability.state;
  }

  /** The node serves clients from now on. */
  serve(): void {
    this.#availability.serve();
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
    const { node, clock } = this.#parts;
    const stream = this.#stream(namespace, bounds);
    const log = new SharedRecoveryLog(stream, owner, bounds, {
      node,
      clock,
      onEnd: () => this.#logs.delete(log),
    });
    this.#logs.add(log);
    return log;
  }

  append(event: RecoverableEvent, bounds: SharedLogBounds): void {
    this.#stream(event.target.namespace, bounds).publisher.append(encoded(event));
    if (this.#availability.isDetached) this.#availability.lose(1);
  }

  pass(namespace: string, target: Target | null, message: Uint8Array, isAgain: boolean): boolean {
    return this.#streams.get(namespace)?.publisher.pass(target, message, isAgain) ?? false;
  }

  hears(namespace: string): boolean {
    return this.#streams.get(namespace)?.hears ?? false;
  }

  /** Resolves when all events so far have offsets and were delivered here; after a moment in any case. */
  delivered(): Promise<void> {
    return this.#soon(this.#streams.drained(), farewell);
  }

  /** Waits a moment for pending work, and ends all streams and the connection. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const drained = [...[...this.#logs].map((log) => log.drained()), ...this.#streams.drained()];
    await this.#soon(drained, this.#availability.isServing ? farewell : emitterPatience);
    this.#availability.close();
    this.#isClosed = true;
    this.#streams.close();
    await this.#bus.close();
  }

  onMessage(channel: string, bytes: Uint8Array): void {
    this.#streams.onMessage(channel, bytes);
  }

  onUp(): void {
    const link = this.#nextLink;
    if (link === null || this.#isClosed) return;
    this.#availability.onUp();
    this.#streams.onLink(link);
  }

  onDown(error: unknown): void {
    if (this.#isClosed) return;
    this.#streams.onDown();
    this.#availability.onDown(error);
  }

  /** The bus carries only the requests of links. */
  onRefused(error: unknown): void {
    this.#owner.onRefused(error);
  }

  #stream(namespace: string, bounds: SharedLogBounds): EventStream {
    const isDetached = this.#availability.isDetached || this.#isClosed;
    const stream = this.#streams.open(namespace, bounds, isDetached);
    this.#start();
    return stream;
  }

  /** Waits for promises, at most for a time in ms. */
  #soon(promises: readonly Promise<void>[], timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(timeout, resolve, true);
      void Promise.all(promises).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #onUnshared(event: UnsequencedEvent, isUnsent: boolean): void {
    // Once the broker is given up, the bus has the events.
    if (this.#availability.state === "refused" || this.#isClosed) return;
    // Other nodes would receive an event twice that the broker has taken. A program that only emits is told.
    if (isUnsent && this.#availability.isServing) this.#owner.onUnshared(event);
    else this.#owner.onDropped(1);
  }

  #start(): void {
    if (this.#opened !== null || this.#isClosed) return;
    this.#availability.wait();
    this.#tick();
    this.#opened = this.#bus.open(this).catch((error: unknown) => this.#availability.giveUp(error));
  }

  #tick(): void {
    this.#parts.clock.after(tickInterval, () => {
      if (this.#isClosed) return;
      this.#streams.tick();
      this.#tick();
    });
  }
}

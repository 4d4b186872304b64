/**
 * Whether the events of a node wait for the broker to give them offsets. Without a connection they wait for a
 * moment; then the streams deliver them without offsets until the broker is back. It does not know links.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import { afterRunning } from "../../base/time/running-time.ts";
import { patience as emitterPatience } from "../bus/emitter-bus.ts";
import type { QueueState } from "../bus/queue-health.ts";
import type { UnsequencedEvent } from "../stream/stream-event.ts";
import { BrokerError } from "../stream/stream-link.ts";

/** How long events wait for a connection until they are delivered without offsets, in ms of running time. */
const patience = 1000;

/** Receives the state of the broker. */
export interface BrokerAvailabilityOwner {
  /** Events get offsets again. */
  onUp(): void;
  /** Events get no offsets for now. */
  onDown(error: unknown): void;
  /**
   * The broker cannot be used for recovery, and is not asked again.
   *
   * @param events - the events that were waiting for it
   */
  onUnusable(error: unknown, events: Iterable<UnsequencedEvent>): void;
  /** Events of a program that only emits did not reach the broker in time. */
  onLost(count: number, error: unknown): void;
}

/** The port to the streams whose events wait. */
export interface WaitingStreams {
  /** The events without offsets. */
  unsequenced(): readonly UnsequencedEvent[];
  /** Delivers these events, and later ones, without offsets. */
  detach(): void;
}

/** Decides how long events wait for the broker, and reports when they no longer do. */
export class BrokerAvailability {
  readonly #name: string;
  readonly #streams: WaitingStreams;
  readonly #owner: BrokerAvailabilityOwner;
  readonly #clock: Clock;
  #isServing = false;
  #isDetached = false;
  #hasGivenUp = false;
  #connection: "connecting" | "up" | "down" = "connecting";
  /** Whether the broker has ever taken the requests of a stream. */
  #hasAccepted = false;
  /** The names of the streams for which the broker refuses requests. */
  readonly #refused = new Set<string>();
  /** Why the broker was last down. */
  #error: unknown = null;
  #timer: Timer | null = null;

  /**
   * @param name - the name of the broker, for messages
   * @param streams - the streams of this node
   * @param owner - receives the state of the broker
   * @param clock - the source of time
   */
  constructor(name: string, streams: WaitingStreams, owner: BrokerAvailabilityOwner, clock: Clock) {
    this.#name = name;
    this.#streams = streams;
    this.#owner = owner;
    this.#clock = clock;
  }

  /** Whether this node serves clients. A program that only emits waits longer for the broker. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** The state of the connection; it counts as down while the broker takes no requests. */
  get state(): QueueState {
    if (this.#hasGivenUp) return "refused";
    return this.#refused.size > 0 ? "down" : this.#connection;
  }

  /** Whether events are delivered without waiting for offsets. */
  get isDetached(): boolean {
    return this.#isDetached;
  }

  /** The node serves clients from now on. */
  serve(): void {
    this.#isServing = true;
    if (this.#timer !== null) this.wait();
  }

  /** There is no connection: events wait a moment for it. */
  wait(): void {
    this.#stopWaiting();
    const time = this.#isServing ? patience : emitterPatience;
    // The timer keeps a program that only emits alive.
    this.#timer = afterRunning(this.#clock, time, () => this.#detach(), !this.#isServing);
  }

  /** The broker is connected. */
  onUp(): void {
    if (this.#hasGivenUp) return;
    this.#connection = "up";
    this.#stopWaiting();
    if (this.#isDetached) this.#owner.onUp();
    this.#isDetached = false;
  }

  /** The connection is lost. */
  onDown(error: unknown): void {
    if (this.#hasGivenUp) return;
    this.#connection = "down";
    this.#error = error;
    if (!this.#isDetached) this.wait();
  }

  /**
   * The broker refuses requests of a stream. A right that is missing from the start belongs to the setup, as
   * at the first connection; a later refusal may pass.
   */
  onRefused(stream: string, error: unknown): void {
    if (error instanceof BrokerError && error.isDenied && !this.#hasAccepted) {
      this.giveUp(error);
      return;
    }
    if (this.#refused.size === 0 && !this.#isDetached) this.#owner.onDown(error);
    this.#refused.add(stream);
  }

  /** The broker takes requests of a stream again, or the stream has ended. */
  onAccepted(stream: string): void {
    this.#hasAccepted = true;
    if (this.#refused.delete(stream) && this.#refused.size === 0 && !this.#isDetached) this.#owner.onUp();
  }

  /** Events get no offsets any more. A program that only emits has lost them. */
  lose(count: number): void {
    if (count > 0 && !this.#isServing && !this.#hasGivenUp) this.#owner.onLost(count, this.#error);
  }

  /** The broker cannot be used for recovery. */
  giveUp(error: unknown): void {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    const events = this.#streams.unsequenced();
    this.#isDetached = true;
    this.#stopWaiting();
    this.#owner.onUnusable(error, events);
    this.#streams.detach();
  }

  /** The node ends: no event waits any more. */
  close(): void {
    if (!this.#isDetached) this.lose(this.#streams.unsequenced().length);
    this.#stopWaiting();
  }

  #detach(): void {
    this.#stopWaiting();
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.lose(this.#streams.unsequenced().length);
    this.#owner.onDown(this.#error ?? new Error(`${this.#name} did not answer in time.`));
    this.#streams.detach();
  }

  #stopWaiting(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

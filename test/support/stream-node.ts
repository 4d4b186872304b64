/**
 * One node of an application on a {@link FakeStreamBroker}: the events of one namespace.
 * Records every report to their owner.
 */

import { OpenRequests } from "../../src/backplane/bus/open-requests.ts";
import type { SubscriptionBus } from "../../src/backplane/bus/subscriptions.ts";
import { EventStream, type StreamOwner, type Unkept } from "../../src/backplane/stream/event-stream.ts";
import type { UnsequencedEvent } from "../../src/backplane/stream/stream-event.ts";
import type { Target } from "../../src/core/model/target.ts";
import { encodeEvent } from "../../src/protocol/socket-packet-encoder.ts";
import type { FakeClock } from "./fake-clock.ts";
import type { FakeStreamBroker, FakeStreamLink } from "./fake-stream-link.ts";
import { deferred } from "./waiting.ts";

/** Resolves when everything has run that waits for no timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
}

/** The settings of a node. */
export interface StreamNodeOptions {
  readonly broker: FakeStreamBroker;
  readonly clock: FakeClock;
  readonly node?: string;
  readonly maxEvents?: number;
  /** How long events are stored, in ms. */
  readonly age?: number;
}

/** One node of an application on a fake broker. */
export class StreamNode implements StreamOwner {
  readonly node: string;
  readonly clock: FakeClock;
  readonly requests = new OpenRequests();
  readonly bus: SubscriptionBus;
  readonly stream: EventStream;
  /** The reports of the stream to its owner, in order. */
  readonly told: string[] = [];
  readonly #broker: FakeStreamBroker;
  readonly #subscriptions = new Map<string, ReturnType<typeof deferred<void>>>();
  #link: FakeStreamLink | null = null;
  #lastId = 0;

  constructor({ broker, clock, node = "one", maxEvents = 1000, age = 10_000 }: StreamNodeOptions) {
    this.node = node;
    this.clock = clock;
    this.#broker = broker;
    this.bus = {
      subscribe: (channel) => this.#subscribe(channel),
      unsubscribe: (channel) => this.#unsubscribe(channel),
    };
    this.stream = new EventStream("app{%2F}", "/", this, { maxEvents, age });
  }

  onAnswer(): void {}

  /** The link; throws while there is none. */
  get link(): FakeStreamLink {
    if (this.#link === null) throw new Error("The node is not connected.");
    return this.#link;
  }

  /**
   * Connects as the bus of a node does: it subscribes first.
   * Resolves when the stream has caught up, if no lane is held.
   */
  async connect(): Promise<void> {
    await this.attach();
    await settle();
  }

  /** Connects; resolves when the stream has the link. */
  async attach(): Promise<FakeStreamLink> {
    const link = this.#broker.connect({
      onMessage: (channel, bytes) => this.stream.onMessage(channel, bytes),
      onLost: () => this.#onLost(link),
      onRefused() {},
    });
    const channels = [...this.#subscriptions.keys()];
    await link.subscribe(channels);
    this.#link = link;
    for (const channel of channels) this.#subscriptions.get(channel)?.resolve();
    this.stream.onLink(link);
    return link;
  }

  /** The connection breaks: everything in transit is lost. */
  async lose(): Promise<void> {
    this.link.break();
    await settle();
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  onPassed(message: Uint8Array): void {
    this.told.push(`passed ${Buffer.from(message)}`);
  }

  onPassedBreak(): void {
    this.told.push("passed break");
  }

  onRefused(error: unknown): void {
    this.told.push(`refused: ${error instanceof Error ? error.message : error}`);
  }

  onAccepted(): void {
    this.told.push("accepted");
  }

  onUnshared(): void {}

  onUnkept(what: Unkept, error: unknown): void {
    this.told.push(`${what} not kept: ${error instanceof Error ? error.message : error}`);
  }

  onIgnored(problem: string): void {
    this.told.push(`ignored: ${problem}`);
  }

  report(error: unknown): void {
    this.told.push(`error: ${error instanceof Error ? error.message : error}`);
  }

  #onLost(link: FakeStreamLink): void {
    if (link !== this.#link) return;
    this.#link = null;
    this.requests.onBreak();
    this.stream.onDown();
  }

  #subscribe(channel: string): Promise<void> {
    const subscription = deferred();
    this.#subscriptions.set(channel, subscription);
    // If the link breaks, the next one subscribes.
    this.#link?.subscribe([channel]).then(
      () => subscription.resolve(),
      () => {},
    );
    return subscription.promise;
  }

  #unsubscribe(channel: string): void {
    this.#subscriptions.get(channel)?.resolve();
    this.#subscriptions.delete(channel);
    this.#link?.unsubscribe([channel]).catch(() => {});
  }
}

/** An event for some rooms, or for the whole namespace, with one value. */
export function eventFor(rooms: readonly string[] | null, value: unknown): UnsequencedEvent {
  const target: Target = { namespace: "/", sid: null, rooms, skip: null };
  return { target, event: encodeEvent("/", ["said", value]), compress: true };
}

/** The value of an {@link eventFor}. */
export function valueIn({ event }: UnsequencedEvent): unknown {
  return JSON.parse(event.body)[1];
}

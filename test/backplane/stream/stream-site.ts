/** Nodes of an application with clients, for the tests of their streams. */

import type { StreamListener } from "../../../src/backplane/stream/event-stream.ts";
import {
  isLossMarker,
  readEntry,
  type StreamEvent,
  type UnsequencedEvent,
} from "../../../src/backplane/stream/stream-event.ts";
import type { Socket } from "../../../src/core/socket/socket.ts";
import { Turn } from "../../../src/core/socket/turn.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FakeBrokerOptions, FakeStreamBroker } from "../../support/fake-stream-link.ts";
import { eventFor, StreamNode, type StreamNodeOptions, valueIn } from "../../support/stream-node.ts";

export const name = "app{%2F}";
export const everyone = `${name}:b`;

/** The integers from one to another, both included. */
export const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A node with clients, and all that they and the log of the namespace are told. */
export class Site extends StreamNode implements StreamListener {
  /** The events that clients here get, in order, each by its value. */
  readonly delivered: unknown[] = [];
  /** What else the listener is told, in order with the events. */
  readonly heard: string[] = [];
  readonly offsets: number[] = [];
  gap: Promise<unknown> = Promise.resolve();

  constructor(options: StreamNodeOptions) {
    super(options);
    this.stream.listener = this;
    this.hear(everyone);
  }

  hear(...channels: string[]): void {
    for (const channel of channels) this.stream.channels.hold(channel);
  }

  send(value: unknown, rooms: readonly string[] | null = null): void {
    this.stream.publisher.append(eventFor(rooms, value));
  }

  /** Has a turn wait for what was sent until now. */
  follow(what: string): void {
    const socket = {} as Socket;
    this.stream.publisher.follow(new Turn([socket], () => this.delivered.push(what)));
  }

  onEvent(event: StreamEvent, isLate: boolean, isRepeated: boolean): void {
    this.delivered.push(valueIn(event));
    this.offsets.push(event.offset);
    this.heard.push(`${valueIn(event)}${isLate ? " late" : ""}${isRepeated ? " repeated" : ""}`);
  }

  onUnsequenced(event: UnsequencedEvent): void {
    this.delivered.push(valueIn(event));
    this.heard.push(`${valueIn(event)} without offset`);
  }

  onLoss({ target }: StreamEvent): void {
    this.heard.push(`loss for ${target.rooms?.join() ?? "all"}`);
  }

  onGap(): Promise<unknown> {
    this.heard.push("gap");
    return this.gap;
  }

  onTaken(key: string, generation: number): void {
    this.heard.push(`taken ${key} ${generation}`);
  }

  onBreak(): void {
    this.heard.push("break");
  }

  onUp(): void {
    this.heard.push("up");
  }

  onDetached(): void {
    this.heard.push("detached");
  }

  /** The broker does not take something; the owner and the listener hear of it by one name. */
  override onRefused(what: unknown): void {
    if (what instanceof Error) super.onRefused(what);
    else {
      const value = valueIn(what as UnsequencedEvent);
      this.delivered.push(value);
      this.heard.push(`${value} refused`);
    }
  }
}

/** The nodes of one test, on a broker of their own. */
export class Sites {
  readonly clock = new FakeClock();
  readonly broker: FakeStreamBroker;

  constructor(options: FakeBrokerOptions = {}) {
    this.broker = new FakeStreamBroker(this.clock, options);
  }

  /** One node, connected. */
  async connected(node = "one", options: Partial<StreamNodeOptions> = {}): Promise<Site> {
    const { broker, clock } = this;
    const site = new Site({ broker, clock, node, ...options });
    await site.connect();
    return site;
  }

  /** Two nodes, connected. */
  async pair(options: Partial<StreamNodeOptions> = {}): Promise<[one: Site, two: Site]> {
    return [await this.connected("one", options), await this.connected("two", options)];
  }

  /** The events that the broker keeps, each by its value, a loss marker by its rooms. */
  kept(): unknown[] {
    return this.broker.messages(name).map((message) => {
      const entry = readEntry({ offset: 1, message });
      if (entry === null) return null;
      return isLossMarker(entry) ? `loss for ${entry.target.rooms?.join() ?? "all"}` : valueIn(entry);
    });
  }
}

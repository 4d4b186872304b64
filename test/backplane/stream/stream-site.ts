/** One node of an application with clients, for the tests of its stream. */

import type { StreamListener } from "../../../src/backplane/stream/event-stream.ts";
import type { StreamEvent, UnsequencedEvent } from "../../../src/backplane/stream/stream-event.ts";
import type { Socket } from "../../../src/core/socket/socket.ts";
import { Turn } from "../../../src/core/socket/turn.ts";
import { eventFor, StreamNode, type StreamNodeOptions, valueIn } from "../../support/stream-node.ts";

export const name = "app{%2F}";
export const everyone = `${name}:b`;

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

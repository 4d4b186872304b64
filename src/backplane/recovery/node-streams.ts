/**
 * The event streams of one node, one for each namespace that it uses. They share a connection, and the ids of
 * their events. It does not decide how long events wait for the connection.
 */

import type { Clock } from "../../base/time/clock.ts";
import type { SharedLogBounds } from "../../core/recovery/recovery-log.ts";
import { OpenRequests } from "../bus/open-requests.ts";
import type { SubscriptionBus } from "../bus/subscriptions.ts";
import { EventStream, type StreamOwner, type Unkept } from "../stream/event-stream.ts";
import type { UnsequencedEvent } from "../stream/stream-event.ts";
import { nameIn, type StreamLink } from "../stream/stream-link.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";
import { eventTime } from "./stored-record.ts";

/** Receives what happens in the streams. */
export interface NodeStreamsOwner extends MessageProblemListener {
  /** Another node has passed a message in a namespace. */
  onPassed(message: Uint8Array, namespace: string): void;
  /** There was a break: earlier messages in a namespace do not come any more. */
  onPassedBreak(namespace: string): void;
  /** The broker refuses requests of a stream. */
  onRefused(stream: string, error: unknown): void;
  /** The broker takes requests of a stream again, or the stream has ended. */
  onAccepted(stream: string): void;
  /** The broker refuses one event or record for its content. */
  onUnkept(what: Unkept, error: unknown): void;
  /** An event gets no offset; `isUnsent` where the broker cannot have it. */
  onUnshared(event: UnsequencedEvent, isUnsent: boolean): void;
  /** Reports an error that has no other receiver. */
  report(error: unknown): void;
}

/** The parts of a node that its streams need. */
export interface StreamParts {
  /** The id of this node. */
  readonly node: string;
  readonly clock: Clock;
  readonly bus: SubscriptionBus & {
    /** The broker has answered a request. */
    onAnswer(): void;
  };
}

/** Opens the streams of a node, and ends those that it no longer uses. */
export class NodeStreams {
  readonly #channel: string;
  readonly #parts: StreamParts;
  readonly #owner: NodeStreamsOwner;
  /** The streams by the start of the names of their keys and channels. */
  readonly #streams = new Map<string, EventStream>();
  /** The streams that were unused in the last round. */
  readonly #unused = new Set<EventStream>();
  readonly #requests = new OpenRequests();
  #link: StreamLink | null = null;
  #lastId = 0;

  /**
   * @param channel - the start of the names of all keys and channels
   * @param parts - the parts of this node
   * @param owner - receives what happens in the streams
   */
  constructor(channel: string, parts: StreamParts, owner: NodeStreamsOwner) {
    // Braces mark the namespace within a name.
    this.#channel = channel.replaceAll(/[{}]/g, "_");
    this.#parts = parts;
    this.#owner = owner;
  }

  /** The stream of a namespace, if it is open. */
  get(namespace: string): EventStream | undefined {
    return this.#streams.get(nameIn(this.#channel, namespace));
  }

  /**
   * The stream of a namespace, which opens if it is not open.
   *
   * @param isDetached - whether the events of a new stream do not wait for offsets
   */
  open(namespace: string, bounds: SharedLogBounds, isDetached: boolean): EventStream {
    const name = nameIn(this.#channel, namespace);
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const { maxEvents } = bounds;
      stream = new EventStream(name, namespace, this.#ownerOf(name, namespace), {
        maxEvents,
        age: eventTime(bounds),
      });
      this.#streams.set(name, stream);
      if (isDetached) stream.detach();
      if (this.#link !== null) stream.onLink(this.#link);
    }
    return stream;
  }

  /** For each stream a promise that resolves when nothing is pending, or the stream no longer waits. */
  drained(): readonly Promise<void>[] {
    return [...this.#streams.values()].map((stream) => stream.drained());
  }

  /** The events of this node without offsets. */
  unsequenced(): readonly UnsequencedEvent[] {
    return [...this.#streams.values()].flatMap((stream) => [...stream.publisher.unsequenced()]);
  }

  /** Delivers pending events without offsets. */
  detach(): void {
    for (const stream of this.#streams.values()) stream.detach();
  }

  /** Receives a message on a channel. */
  onMessage(channel: string, bytes: Uint8Array): void {
    this.#streams.get(channel.slice(0, channel.indexOf("}") + 1))?.onMessage(channel, bytes);
  }

  /** The node has a connection, and its subscriptions are confirmed. */
  onLink(link: StreamLink): void {
    this.#link = link;
    for (const stream of this.#streams.values()) stream.onLink(link);
  }

  /** The node has lost its connection. */
  onDown(): void {
    this.#link = null;
    this.#requests.onBreak();
    for (const stream of this.#streams.values()) stream.onDown();
  }

  /** Does periodic work. A stream that is unused in two rounds in a row ends. */
  tick(): void {
    for (const stream of this.#streams.values()) {
      stream.tick();
      if (!stream.isUnused) this.#unused.delete(stream);
      // Requests of its last clients may be pending.
      else if (this.#unused.has(stream)) this.#end(stream);
      else this.#unused.add(stream);
    }
  }

  /** Ends all streams. */
  close(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
  }

  /** Ends the stream of a namespace that this node does not use any more. */
  #end(stream: EventStream): void {
    this.#unused.delete(stream);
    this.#streams.delete(stream.place.name);
    stream.close();
    this.#owner.onAccepted(stream.place.name);
    // If this fails, the periodic tidying of another node removes the rest.
    this.#link?.end(stream.place).catch(() => {});
  }

  #ownerOf(name: string, namespace: string): StreamOwner {
    const owner = this.#owner;
    return {
      ...this.#parts,
      requests: this.#requests,
      onAnswer: () => this.#parts.bus.onAnswer(),
      nextId: () => {
        this.#lastId += 1;
        return this.#lastId;
      },
      onPassed: (message) => owner.onPassed(message, namespace),
      onPassedBreak: () => owner.onPassedBreak(namespace),
      onRefused: (error) => owner.onRefused(name, error),
      onAccepted: () => owner.onAccepted(name),
      onIgnored: (problem, details) => owner.onIgnored(problem, details),
      onUnkept: (what, error) => owner.onUnkept(what, error),
      onUnshared: (event, isUnsent) => owner.onUnshared(event, isUnsent),
      report: (error) => owner.report(error),
    };
  }
}

/**
 * Signs events, passed messages and records of clients in a broker, for nodes that share a secret. An event
 * is valid in one epoch of one namespace, and a record for one client with its rooms. Offsets and
 * generations are the broker's own, so no node can sign them: a program that may write to the broker can
 * still remove data, or restore old data.
 */

import type { OpenStayData } from "../../core/recovery/membership-history.ts";
import type { BrokerLinkOwner } from "../bus/broker-bus.ts";
import type { LifeSign } from "../bus/link-watch.ts";
import { messageKinds } from "../stream/stream-event.ts";
import type {
  ClaimedClient,
  ClientRecord,
  KeptEntry,
  KeptRecord,
  LogEntry,
  StreamLink,
  StreamRef,
} from "../stream/stream-link.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";
import type { QueueSecret } from "../wire/queue-secret.ts";
import {
  longestWay,
  type RefusedSignedMessage,
  Repetitions,
  type SignedMessage,
  SignedMessages,
  signedHeadLength,
} from "../wire/signed-messages.ts";
import type { LogBroker } from "./broker-recovery.ts";

/** The least number of senders of which the latest event is remembered. */
const maxSenders = 1000;

/** Characters of a signature ahead of a record. */
const headText = 4 * Math.ceil(signedHeadLength / 3);

const colon = 0x3a;
/** The message that reports a gap on a channel. */
const gap = Uint8Array.of(messageKinds.gap);
/** Bytes of the time ahead of an event. */
const timeLength = 8;

/**
 * Wraps the links of a broker, so that they sign and check.
 *
 * @param broker - the broker
 * @param secret - the secret that the nodes share
 * @param problems - receives the messages that are refused
 * @param now - the time in ms since 1970
 */
export function signedLog(
  broker: LogBroker,
  secret: QueueSecret,
  problems: MessageProblemListener,
  now: () => number = Date.now,
): LogBroker {
  const signed = new SignedMessages(secret, now);
  return {
    name: broker.name,
    links: (onOpen) => {
      const connect = broker.links((link) => onOpen(new SignedLogLink(link, signed, problems, now)));
      return (owner, signal) => {
        const hearing = new SignedHearing(owner, signed, problems, now);
        return connect(
          {
            onMessage: (channel, bytes) => hearing.take(channel, bytes),
            onLost: (error) => owner.onLost(error),
            onRefused: (error) => owner.onRefused(error),
          },
          signal,
        );
      };
    },
  };
}

/** Checks the messages of channels. */
class SignedHearing {
  readonly #owner: BrokerLinkOwner;
  readonly #signed: SignedMessages;
  readonly #problems: MessageProblemListener;
  readonly #now: () => number;
  readonly #repetitions: Repetitions;
  readonly #renumbered = new Renumbered();

  constructor(
    owner: BrokerLinkOwner,
    signed: SignedMessages,
    problems: MessageProblemListener,
    now: () => number,
  ) {
    this.#owner = owner;
    this.#signed = signed;
    this.#problems = problems;
    this.#now = now;
    this.#repetitions = new Repetitions(now);
  }

  take(channel: string, bytes: Uint8Array): void {
    switch (bytes[0]) {
      case messageKinds.event:
        this.#takeEvent(channel, bytes);
        break;
      case messageKinds.passed:
        this.#takePassed(channel, bytes);
        break;
      default:
        this.#owner.onMessage(channel, bytes);
    }
  }

  /** `e<epoch>:<number>:<signed event>` */
  #takeEvent(channel: string, bytes: Uint8Array): void {
    const first = bytes.indexOf(colon);
    const second = bytes.indexOf(colon, first + 1);
    const head = Buffer.from(bytes.subarray(0, second + 1));
    const epoch = head.toString("utf8", 1, first);
    const offset = Number(head.toString("utf8", first + 1, second));
    const place = eventPlace(nameOf(channel), epoch);
    const opened = this.#signed.open(place, bytes.subarray(second + 1));
    if ("problem" in opened) {
      this.#problems.onIgnored(opened.problem, opened.details);
      return;
    }
    const { time, message } = readTimed(opened.message);
    const age = Math.round(this.#now() - time);
    if (!this.#renumbered.knows(place, opened) && !(Math.abs(age) <= longestWay)) {
      this.#problems.onIgnored("stale", `an event on ${channel} that was signed ${age} ms ago`);
      // If it was only late and not sent again, this node has missed an event.
      this.#owner.onMessage(channel, gap);
      return;
    }
    const problem = this.#renumbered.problemOf(place, opened, offset);
    if (problem === null) this.#owner.onMessage(channel, Buffer.concat([head, message]));
    else this.#problems.onIgnored(problem.problem, problem.details);
  }

  /** `p<signed message>`; the content is a passed message itself. */
  #takePassed(channel: string, bytes: Uint8Array): void {
    const opened = this.#signed.open(passedPlace(nameOf(channel)), bytes.subarray(1));
    // A message may come on several channels.
    const problem = "problem" in opened ? opened : this.#repetitions.problemOf(channel, opened);
    if (problem !== null) this.#problems.onIgnored(problem.problem, problem.details);
    else if ("message" in opened) this.#owner.onMessage(channel, opened.message);
  }
}

/** A link that signs and checks. */
class SignedLogLink implements StreamLink {
  readonly #link: StreamLink;
  readonly #signed: SignedMessages;
  readonly #problems: MessageProblemListener;
  readonly #now: () => number;

  constructor(link: StreamLink, signed: SignedMessages, problems: MessageProblemListener, now: () => number) {
    this.#link = link;
    this.#signed = signed;
    this.#problems = problems;
    this.#now = now;
  }

  get keepsOrder(): boolean {
    return this.#link.keepsOrder;
  }

  begin(place: StreamRef): Promise<{ readonly epoch: string; readonly head: number }> {
    return this.#link.begin(place);
  }

  append(place: StreamRef, epoch: string, entry: LogEntry): Promise<number> {
    // An event that is sent again keeps its offset, so its new time does no harm.
    const timed = writeTimed(this.#now(), entry.message);
    const message = this.#signed.sign(eventPlace(place.name, epoch), entry.id, timed);
    return this.#link.append(place, epoch, { ...entry, message });
  }

  head(place: StreamRef, epoch: string): Promise<number> {
    return this.#link.head(place, epoch);
  }

  async read(
    place: StreamRef,
    epoch: string,
    offset: number,
    most: number,
  ): Promise<{ readonly head: number; readonly entries: readonly KeptEntry[] }> {
    const { head, entries } = await this.#link.read(place, epoch, offset, most);
    const renumbered = new Renumbered();
    const where = eventPlace(place.name, epoch);
    const read = ({ offset, message }: KeptEntry): KeptEntry => {
      const opened = this.#signed.open(where, message);
      const problem = "problem" in opened ? opened : renumbered.problemOf(where, opened, offset);
      if (problem !== null) this.#problems.onIgnored(problem.problem, problem.details);
      // An empty message is no event, so the stream takes this part for incomplete.
      const isEvent = problem === null && "message" in opened;
      return { offset, message: isEvent ? readTimed(opened.message).message : new Uint8Array() };
    };
    return { head, entries: entries.map(read) };
  }

  pass(place: StreamRef, epoch: string, channels: readonly string[], message: Uint8Array): Promise<unknown> {
    const signed = this.#signed.signNow(passedPlace(place.name), message);
    const bytes = Buffer.concat([Uint8Array.of(messageKinds.passed), signed]);
    return this.#link.pass(place, epoch, channels, bytes);
  }

  barrier(place: StreamRef, epoch: string, node: string, id: number): Promise<unknown> {
    return this.#link.barrier(place, epoch, node, id);
  }

  save(place: StreamRef, epoch: string, record: ClientRecord): Promise<number | null> {
    const { key, json, stays } = record;
    const where = recordPlace(place.name, epoch, key, stays());
    const signed = this.#signed.sign(where, 0, Buffer.from(json));
    const head = Buffer.from(signed.subarray(0, signedHeadLength)).toString("base64");
    return this.#link.save(place, epoch, { ...record, json: head + json });
  }

  async find(place: StreamRef, epoch: string, key: string): Promise<KeptRecord | null> {
    return this.#opened(place, epoch, key, await this.#link.find(place, epoch, key));
  }

  async claim(
    place: StreamRef,
    epoch: string,
    client: { readonly key: string; readonly node: string; readonly time: number },
  ): Promise<ClaimedClient | null> {
    return this.#opened(place, epoch, client.key, await this.#link.claim(place, epoch, client));
  }

  /** The record of a client without its signature; `null` when the signature does not fit. */
  #opened<Kept extends KeptRecord>(
    { name }: StreamRef,
    epoch: string,
    key: string,
    kept: Kept | null,
  ): Kept | null {
    if (kept === null) return null;
    const head = Buffer.from(kept.json.slice(0, headText), "base64");
    const bytes = Buffer.concat([head, Buffer.from(kept.json.slice(headText))]);
    const opened = this.#signed.open(recordPlace(name, epoch, key, kept.stays), bytes);
    if ("message" in opened) return { ...kept, json: Buffer.from(opened.message).toString() };
    this.#problems.onIgnored(opened.problem, "the record of a client, which does not recover");
    return null;
  }

  drop(place: StreamRef, key: string, generation: number): Promise<unknown> {
    return this.#link.drop(place, key, generation);
  }

  end(place: StreamRef): Promise<unknown> {
    return this.#link.end(place);
  }

  publish(subject: string, message: Uint8Array): Promise<unknown> {
    return this.#link.publish(subject, message);
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    return this.#link.subscribe(subjects);
  }

  unsubscribe(subjects: readonly string[]): Promise<unknown> {
    return this.#link.unsubscribe(subjects);
  }

  get lifeSign(): LifeSign | undefined {
    return this.#link.lifeSign;
  }

  ping(): Promise<unknown> {
    return this.#link.ping();
  }

  close(): void {
    this.#link.close();
  }
}

/** Finds events that a stranger has added to the stream again. Offsets follow the counts of each node. */
class Renumbered {
  #latest = new Map<string, { readonly count: number; readonly offset: number }>();
  #before = new Map<string, { readonly count: number; readonly offset: number }>();

  /** Whether an event of this sender was found before. */
  knows(place: string, { sender }: SignedMessage): boolean {
    const key = `${sender}${place}`;
    return this.#latest.has(key) || this.#before.has(key);
  }

  problemOf(
    place: string,
    { sender, number: count }: SignedMessage,
    offset: number,
  ): RefusedSignedMessage | null {
    const key = `${sender}${place}`;
    const known = this.#latest.get(key) ?? this.#before.get(key);
    if (known !== undefined && offset > known.offset && count <= known.count) {
      return { problem: "repeated", details: `an event of ${place} that has a number already` };
    }
    if (known !== undefined && offset <= known.offset) return null;
    if (this.#latest.size >= maxSenders) {
      this.#before = this.#latest;
      this.#latest = new Map();
    }
    this.#latest.set(key, { count, offset });
    return null;
  }
}

/** Adds the time of the signature, since brokers keep events for long. */
function writeTimed(time: number, message: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(timeLength + message.length);
  bytes.writeDoubleBE(time, 0);
  bytes.set(message, timeLength);
  return bytes;
}

function readTimed(bytes: Uint8Array): { readonly time: number; readonly message: Uint8Array } {
  const view = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  const time = view.length < timeLength ? Number.NaN : view.readDoubleBE(0);
  return { time, message: view.subarray(timeLength) };
}

function nameOf(channel: string): string {
  return channel.slice(0, channel.indexOf("}") + 1);
}

function eventPlace(name: string, epoch: string): string {
  return `event ${epoch} ${name}`;
}

function passedPlace(name: string): string {
  return `passed ${name}`;
}

/** Sorts the rooms, since brokers may list them in any order. */
function recordPlace(name: string, epoch: string, key: string, stays: readonly OpenStayData[]): string {
  const rooms = [...stays].sort(([one], [other]) => (one < other ? -1 : 1));
  const listed = JSON.stringify(rooms);
  return `record ${epoch} ${key} ${name} ${listed}`;
}

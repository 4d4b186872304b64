/**
 * The names of a recoverable namespace in NATS. JetStream keeps two streams for each:
 *
 *     <channel>-events-<namespace>             the events, each under its number
 *         <channel>.rec.<namespace>.b          for everybody
 *         <channel>.rec.<namespace>.r.<room>   for one room, or one client
 *         <channel>.rec.<namespace>.d.<digest> for one room with a long name
 *         <channel>.rec.<namespace>.m          for several rooms; every process with clients listens
 *         <channel>.rec.<namespace>.h          never stored: asks for the latest number
 *     <channel>-clients-<namespace>            the latest record of each client
 *         <channel>.cli.<namespace>.<key>, a digest of the client's `pid`
 *
 * The server publishes events that it stores under `rec` again under `live`, where processes listen.
 * Processes send each other messages under `<channel>.node.<namespace>.<node>`, which no stream stores.
 * `<namespace>` and `<room>` are tokens that stand for names.
 */

import { everyoneChannelIn, namespaceOf, nodeChannelIn } from "../stream/stream-link.ts";
import { channelToken, digestToken, encodeToken } from "./nats-connection.ts";

/** Where events for several rooms go. */
const severalRooms = "m";
/** Longer names of namespaces do not stand in subjects and streams as they are. */
const maxPlainLength = 90;

/** See the head of this file. */
export class JetStreamNames {
  /** The stream of the events. */
  readonly events: string;
  /** The beginning of the subjects of stored events. */
  readonly stored: string;
  /** The beginning of the subjects under which they are published again. */
  readonly live: string;
  /** The stream of the clients. */
  readonly clients: string;
  /** The beginning of the subjects of clients. */
  readonly records: string;
  readonly #nodes: string;

  private constructor(prefix: string, namespace: string) {
    this.events = `${prefix}-events-${namespace}`;
    this.stored = `${prefix}.rec.${namespace}`;
    this.live = `${prefix}.live.${namespace}`;
    this.clients = `${prefix}-clients-${namespace}`;
    this.records = `${prefix}.cli.${namespace}`;
    this.#nodes = `${prefix}.node.${namespace}`;
  }

  /**
   * The names of a namespace.
   *
   * @param channel - the beginning of all names
   * @param name - the beginning of the names of the namespace's channels
   */
  static of(channel: string, name: string): JetStreamNames {
    return new JetStreamNames(channelToken(channel), namespaceToken(name));
  }

  /** The subjects of all clients of an application. */
  static allRecords(channel: string): string {
    return `${channelToken(channel)}.cli.>`;
  }

  /** The names of the namespace to whose clients a stream belongs; `null` for another stream. */
  static ofClients(channel: string, stream: string, subjects: readonly string[]): JetStreamNames | null {
    const prefix = channelToken(channel);
    const names = new JetStreamNames(prefix, stream.slice(`${prefix}-clients-`.length));
    return names.clients === stream && subjects[0] === names.allRecords ? names : null;
  }

  /** The subjects of all stored events. */
  get allStored(): string {
    return `${this.stored}.>`;
  }

  /** The subjects under which all of them are published again. */
  get allLive(): string {
    return `${this.live}.>`;
  }

  /** The subjects of all clients. */
  get allRecords(): string {
    return `${this.records}.>`;
  }

  /** The subject of every process with clients in the namespace. */
  get everyone(): string {
    return `${this.live}.b`;
  }

  /** The subject under which an event for some channels is stored. */
  storedUnder([channel = "", another]: readonly string[]): string {
    return `${this.stored}.${another === undefined ? subjectOf(channel) : severalRooms}`;
  }

  /** The subject of a message for some channels that is not stored. */
  heardUnder([channel = "", another]: readonly string[]): string {
    return `${this.live}.${another === undefined ? subjectOf(channel) : severalRooms}`;
  }

  /** A subject whose messages are refused. */
  get probe(): string {
    return `${this.stored}.h`;
  }

  /** The subject of a client's record. */
  record(key: string): string {
    return `${this.records}.${encodeToken(key)}`;
  }

  /** The subject of a process. */
  node(node: string): string {
    return `${this.#nodes}.${encodeToken(node)}`;
  }

  /** The subject on which to listen for a channel of events. */
  heardOn(channel: string): string {
    return `${this.live}.${subjectOf(channel)}`;
  }
}

/** The part that begins the names of all channels of a channel's namespace. */
export function nameOf(channel: string): string {
  return channel.slice(0, channel.indexOf("}") + 1);
}

/** The channels to subscribe to for the messages of one. */
export function channelsFor(channel: string): string[] {
  const name = nameOf(channel);
  return channel === everyoneChannelIn(name) ? [channel, `${name}:${severalRooms}`] : [channel];
}

/** The process that a channel belongs to; `null` for a channel of events. */
export function nodeOfChannel(channel: string): string | null {
  const start = nodeChannelIn(nameOf(channel), "");
  return channel.startsWith(start) ? channel.slice(start.length) : null;
}

/** The namespace within a name, fit for subjects and streams. */
function namespaceToken(name: string): string {
  const within = namespaceOf(name);
  if ("digest" in within) return digestToken(within.digest);
  const plain = within.namespace.slice(1);
  return plain.length <= maxPlainLength && /^[A-Za-z0-9-]+$/.test(plain) ? plain : encodeToken(plain);
}

/** The end of a channel's subject. */
function subjectOf(channel: string): string {
  const rest = channel.slice(nameOf(channel).length + 1);
  if (rest.startsWith("r:")) return `r.${encodeToken(rest.slice(2))}`;
  return rest.startsWith("d:") ? `d.${rest.slice(2)}` : rest;
}

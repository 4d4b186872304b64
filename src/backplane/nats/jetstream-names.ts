/**
 * The names in NATS of what a recoverable namespace has there. JetStream keeps two streams of each:
 *
 *     <channel>-events-<namespace>             the events, each under its number
 *         <channel>.rec.<namespace>.b          for everybody
 *         <channel>.rec.<namespace>.r.<room>   for one room, or one client
 *         <channel>.rec.<namespace>.d.<digest> for one room with a long name
 *         <channel>.rec.<namespace>.m          for several rooms: all hear them who have clients in the namespace
 *         <channel>.rec.<namespace>.h          never stored: asks for the latest number
 *     <channel>-clients-<namespace>            what is known of clients: the latest record of each
 *         <channel>.cli.<namespace>.<key>, a digest of the client's `pid`
 *
 * What is stored under `rec` the server publishes again under `live`, where processes listen. They tell each other something
 * under `<channel>.node.<namespace>.<node>`, which nobody stores. `<namespace>` and `<room>` are tokens that stand for names.
 */

import { everyoneChannelIn, namespaceOf, nodeChannelIn } from "../stream/stream-link.ts";
import { channelToken, digestToken, encodeToken } from "./nats-connection.ts";

/** Where events for several rooms go. */
const severalRooms = "m";
/** Longer names of namespaces do not stand in subjects and streams as they are. */
const maxPlainLength = 90;

/** See above. */
export class JetStreamNames {
  /** The stream of the events. */
  readonly events: string;
  /** What the subjects of stored events begin with. */
  readonly stored: string;
  /** What the subjects begin with under which they are heard. */
  readonly live: string;
  /** The stream of the clients. */
  readonly clients: string;
  /** What the subjects of clients begin with. */
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
   * @param channel - what all names begin with
   * @param name - what the names of the namespace's channels begin with
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

  /** The subjects under which all of them are heard. */
  get allLive(): string {
    return `${this.live}.>`;
  }

  /** The subjects of all clients. */
  get allRecords(): string {
    return `${this.records}.>`;
  }

  /** The subject that every process hears that has clients in the namespace. */
  get everyone(): string {
    return `${this.live}.b`;
  }

  /** The subject under which an event for some channels is stored. */
  storedUnder([channel = "", another]: readonly string[]): string {
    return `${this.stored}.${another === undefined ? subjectOf(channel) : severalRooms}`;
  }

  /** The subject under which a message for some channels is heard that is not stored. */
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

/** What the names of all channels of a channel's namespace begin with. */
export function nameOf(channel: string): string {
  return channel.slice(0, channel.indexOf("}") + 1);
}

/** The channels on which something comes for those who listen to one. */
export function channelsFor(channel: string): string[] {
  const name = nameOf(channel);
  return channel === everyoneChannelIn(name) ? [channel, `${name}:${severalRooms}`] : [channel];
}

/** The process whose channel it is; `null` for one of events. */
export function nodeOf(channel: string): string | null {
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

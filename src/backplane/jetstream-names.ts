/**
 * The names in NATS of what a recoverable namespace has there. JetStream keeps two streams of each:
 *
 *     <channel>-events-<namespace>             the events, each under its number
 *         <channel>.rec.<namespace>.b          for everybody
 *         <channel>.rec.<namespace>.r.<room>   for one room, or one client
 *         <channel>.rec.<namespace>.m          for several rooms: all hear them who have clients in the namespace
 *         <channel>.rec.<namespace>.h          never stored: asks for the latest number
 *     <channel>-clients-<namespace>            what is known of clients: the latest record of each
 *         <channel>.cli.<namespace>.<pid>
 *
 * What is stored under `rec` the server publishes again under `live`, where processes listen. They tell each other something
 * under `<channel>.node.<namespace>.<node>`, which nobody stores.
 */

import { everyoneIn, nodeChannelIn } from "./log-link.ts";
import { channelToken, encodeToken } from "./nats-connection.ts";

/** Where events for several rooms go. */
const severalRooms = "m";

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

  /**
   * @param channel - what all names begin with
   * @param name - what the names of the namespace's channels begin with
   */
  constructor(channel: string, name: string) {
    const prefix = channelToken(channel);
    const namespace = namespaceToken(name);
    this.events = `${prefix}-events-${namespace}`;
    this.stored = `${prefix}.rec.${namespace}`;
    this.live = `${prefix}.live.${namespace}`;
    this.clients = `${prefix}-clients-${namespace}`;
    this.records = `${prefix}.cli.${namespace}`;
    this.#nodes = `${prefix}.node.${namespace}`;
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
  record(pid: string): string {
    return `${this.records}.${encodeToken(pid)}`;
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
  return channel === everyoneIn(name) ? [channel, `${name}:${severalRooms}`] : [channel];
}

/** The process whose channel it is; `null` for one of events. */
export function nodeOf(channel: string): string | null {
  const start = nodeChannelIn(nameOf(channel), "");
  return channel.startsWith(start) ? channel.slice(start.length) : null;
}

/** The namespace within a name, fit for subjects and streams. */
function namespaceToken(name: string): string {
  const plain = decodeURIComponent(name.slice(name.indexOf("{") + 1, -1)).slice(1);
  return /^[A-Za-z0-9-]+$/.test(plain) ? plain : encodeToken(plain);
}

/** The end of a channel's subject. */
function subjectOf(channel: string): string {
  const rest = channel.slice(nameOf(channel).length + 1);
  return rest.startsWith("r:") ? `r.${encodeToken(rest.slice(2))}` : rest;
}

/**
 * The port of a broker for recoverable namespaces. The broker gives each event an offset, keeps it, and
 * publishes it to all nodes in that order; it also keeps a record of each client. {@link messageKinds}
 * lists the messages that it publishes.
 */

import type { OpenStayData, StayChanges } from "../../core/recovery/membership-history.ts";
import type { BrokerLink } from "../bus/broker-bus.ts";
import { digestOf } from "../wire/digest.ts";

/** A namespace in a broker. */
export interface StreamRef {
  /** The start of the names of its channels: see {@link nameIn}. */
  readonly name: string;
  /** The most events that the broker keeps. */
  readonly maxEvents: number;
  /** How long the broker keeps an event, in ms. */
  readonly age: number;
  /** How long an epoch outlives its last use, in ms. */
  readonly keep: number;
}

/** An event that is to get an offset. */
export interface LogEntry {
  /** The node that sends it. */
  readonly origin: string;
  /** Counts the events of that node. The broker gives no second offset to the same id. */
  readonly id: number;
  readonly message: Uint8Array;
  /** Nodes that are subscribed to one of these receive it. */
  readonly channels: readonly string[];
}

/** An event that the broker keeps. */
export interface KeptEntry {
  readonly offset: number;
  readonly message: Uint8Array;
}

/** The record of a client, as a node writes it. */
export interface ClientRecord {
  readonly key: string;
  /** Counts how often a node has claimed the client. */
  readonly generation: number;
  readonly node: string;
  /** Everything but the rooms of the client. */
  readonly json: string;
  /** The rooms of the client. */
  readonly stays: () => readonly OpenStayData[];
  /** Changes of the rooms since the last write, so that one more room does not cost as much as all. */
  readonly changes: StayChanges;
  /** Whether this is the first write. */
  readonly isNew: boolean;
  /** How long the broker keeps the record, in ms. */
  readonly time: number;
}

/** The record of a client, as a broker keeps it. */
export interface KeptRecord {
  readonly json: string;
  /** The rooms of the client, in any order. */
  readonly stays: readonly OpenStayData[];
}

/** A client that a node has claimed. */
export interface ClaimedClient extends KeptRecord {
  readonly generation: number;
  /**
   * How long ago the record was written, in ms, by the broker's clock; absent where the broker does not tell.
   */
  readonly age?: number;
}

/** One connection to the broker. It carries out the calls of one turn in their order. */
export interface StreamLink extends BrokerLink {
  /** Finds the epoch of a namespace, or begins one. */
  begin(place: StreamRef): Promise<{ readonly epoch: string; readonly head: number }>;

  /**
   * Gives an event an offset, keeps it, and publishes it. Resolves to the offset. For an event that already
   * has one it resolves to that, or to 0 when the broker does not know it any more.
   */
  append(place: StreamRef, epoch: string, entry: LogEntry): Promise<number>;

  /** Resolves to the latest offset. */
  head(place: StreamRef, epoch: string): Promise<number>;

  /** Resolves to the latest offset, and the kept events after a given one, at most `most`. */
  read(
    place: StreamRef,
    epoch: string,
    offset: number,
    most: number,
  ): Promise<{ readonly head: number; readonly entries: readonly KeptEntry[] }>;

  /** Whether a passed message always comes behind the events that the same node has appended before. */
  readonly keepsOrder: boolean;

  /**
   * Publishes a message without an offset, and does not keep it. Later events of the same node come after
   * it.
   */
  pass(place: StreamRef, epoch: string, channels: readonly string[], message: Uint8Array): Promise<unknown>;

  /** Sends a message to a node's own channel, behind all events that were appended before. */
  barrier(place: StreamRef, epoch: string, node: string, id: number): Promise<unknown>;

  /**
   * Writes the record of a client. Resolves to an offset that was the latest at that time; `null` when
   * another node has claimed the client.
   */
  save(place: StreamRef, epoch: string, record: ClientRecord): Promise<number | null>;

  /** Reads the record of a client, which stays with its node. `null` when there is none. */
  find(place: StreamRef, epoch: string, key: string): Promise<KeptRecord | null>;

  /** Claims a client for a node, and tells the node that had it. `null` when there is no record. */
  claim(
    place: StreamRef,
    epoch: string,
    client: { readonly key: string; readonly node: string; readonly time: number },
  ): Promise<ClaimedClient | null>;

  /** Deletes the record of a client, if it still has the given generation. */
  drop(place: StreamRef, key: string, generation: number): Promise<unknown>;

  /** This node no longer uses a namespace. When no other node does, the broker removes all of it. */
  end(place: StreamRef): Promise<unknown>;
}

/** Details of a {@link BrokerError}. */
export interface RefusalDetails {
  readonly cause?: unknown;
  /** Whether the epoch is not the one that this node knows. */
  readonly isEpochOver?: boolean;
  /** Whether another attempt would fail alike. */
  readonly isFinal?: boolean;
  /** Whether only the size of the message was refused. */
  readonly isTooLarge?: boolean;
  /** This user lacks a right. */
  readonly isDenied?: boolean;
  /** The broker's own error number. */
  readonly code?: number;
}

/** A broker's refusal. The connection is still alive. */
export class BrokerError extends Error {
  readonly isEpochOver: boolean;
  readonly isFinal: boolean;
  readonly isTooLarge: boolean;
  /** This user lacks a right. */
  readonly isDenied: boolean;
  readonly code: number;

  constructor(
    message: string,
    {
      cause,
      isEpochOver = false,
      isFinal = false,
      isTooLarge = false,
      isDenied = false,
      code = 0,
    }: RefusalDetails = {},
  ) {
    super(message, { cause });
    this.name = "BrokerError";
    this.isEpochOver = isEpochOver;
    this.isFinal = isFinal;
    this.isTooLarge = isTooLarge;
    this.isDenied = isDenied;
    this.code = code;
  }
}

/**
 * Digests replace longer names of namespaces and rooms: brokers limit names, and each message carries them.
 */
const maxNameLength = 255;
/** The start of a digest in place of a namespace. Encoded names have no colon. */
const digestMark = "d:";

/**
 * The start of the names of a namespace's keys and channels: `channel{namespace}`, with the namespace
 * encoded as in a URL, or `channel{d:digest}`.
 *
 * @param channel - without braces
 */
export function nameIn(channel: string, namespace: string): string {
  const encoded = encodeURIComponent(namespace.toWellFormed());
  const part = encoded.length <= maxNameLength ? encoded : `${digestMark}${digestOf(namespace)}`;
  return `${channel}{${part}}`;
}

/** The namespace in a {@link nameIn | name}, or its digest when it is long. */
export function namespaceOf(name: string): { readonly namespace: string } | { readonly digest: string } {
  const part = name.slice(name.indexOf("{") + 1, -1);
  if (part.startsWith(digestMark)) return { digest: part.slice(digestMark.length) };
  return { namespace: decodeURIComponent(part) };
}

/** The channel for all clients of a namespace. */
export function everyoneChannelIn(name: string): string {
  return `${name}:b`;
}

/** The channel of a room, or of one client by its sid. */
export function roomChannelIn(name: string, room: string): string {
  return room.length <= maxNameLength ? `${name}:r:${room}` : `${name}:d:${rememberedDigest(room)}`;
}

/** Whether a channel belongs to a room or to one client. */
export function isRoomChannel(name: string, channel: string): boolean {
  return channel.startsWith(":r:", name.length) || channel.startsWith(":d:", name.length);
}

/** Recent digests of long names, since each write of a record needs the channels of all rooms. */
const digests = new Map<string, string>();
/** The most characters of all remembered names. */
const maxRemembered = 16 * 1024 * 1024;
let remembered = 0;

function rememberedDigest(room: string): string {
  const known = digests.get(room);
  if (known !== undefined) return known;
  const digest = digestOf(room);
  remembered += room.length;
  if (remembered > maxRemembered) {
    digests.clear();
    remembered = room.length;
  }
  digests.set(room, digest);
  return digest;
}

/** The channel of a node. */
export function nodeChannelIn(name: string, node: string): string {
  return `${name}:n:${node}`;
}

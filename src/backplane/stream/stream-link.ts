/**
 * What a broker does for recoverable namespaces, as a port: it numbers events, keeps them and has all processes hear of
 * them in that order, and it keeps what is known of clients. Each of its messages comes as those of {@link messageKinds}.
 */

import type { OpenStayData, StayChanges } from "../../core/recovery/membership-history.ts";
import type { BrokerLink } from "../bus/broker-bus.ts";
import { digestOf } from "../wire/digest.ts";

/** A namespace in a broker. */
export interface StreamRef {
  /** What the names of its channels begin with: see {@link nameIn}. */
  readonly name: string;
  /** How many events are kept. */
  readonly maxEvents: number;
  /** How long an event is kept, in ms. */
  readonly age: number;
  /** How long the numbering outlives its last use, in ms. */
  readonly keep: number;
}

/** An event to be numbered. */
export interface LogEntry {
  /** The process that sends it. */
  readonly origin: string;
  /** Counts the events of that process: one that was numbered before is not numbered again. */
  readonly id: number;
  readonly message: Uint8Array;
  /** Those who listen to one of these get it. */
  readonly channels: readonly string[];
}

/** An event that is kept. */
export interface KeptEntry {
  readonly offset: number;
  readonly message: Uint8Array;
}

/** What is known of a client. */
export interface ClientRecord {
  readonly key: string;
  /** Which process has it for the how manieth time. */
  readonly generation: number;
  readonly node: string;
  /** All but the rooms that it is in. */
  readonly json: string;
  /** The rooms that it is in. */
  readonly stays: () => readonly OpenStayData[];
  /** What has changed of them since the record was last written: a room more must not cost what all rooms cost. */
  readonly changes: StayChanges;
  /** Whether nothing was written of it before. */
  readonly isNew: boolean;
  /** How long it is kept, in ms. */
  readonly time: number;
}

/** What is kept of a client. */
export interface KeptRecord {
  readonly json: string;
  /** The rooms that it is in, listed in any order. */
  readonly stays: readonly OpenStayData[];
}

/** A client that was taken from a process. */
export interface ClaimedClient extends KeptRecord {
  readonly generation: number;
}

/** A connection on which all this is done. What is asked for in one turn is carried out in that order. */
export interface StreamLink extends BrokerLink {
  /** Finds the numbering of a namespace, or begins one. */
  begin(place: StreamRef): Promise<{ readonly epoch: string; readonly head: number }>;

  /** Numbers an event, keeps it and has it heard. Resolves to its number; 0 where it had been numbered before. */
  append(place: StreamRef, epoch: string, entry: LogEntry): Promise<number>;

  /** Resolves to the latest number. */
  head(place: StreamRef, epoch: string): Promise<number>;

  /** Resolves to the latest number and what is kept after another one, at most so many. */
  read(
    place: StreamRef,
    epoch: string,
    offset: number,
    most: number,
  ): Promise<{ readonly head: number; readonly entries: readonly KeptEntry[] }>;

  /**
   * Whether what is passed is heard behind all that the same process has appended before, without more ado.
   */
  readonly keepsOrder: boolean;

  /** Has a message heard that is neither numbered nor kept. What the same process appends later is heard after it. */
  pass(place: StreamRef, epoch: string, channels: readonly string[], message: Uint8Array): Promise<unknown>;

  /** Has a message come on a process's channel after all that was numbered before. */
  barrier(place: StreamRef, epoch: string, node: string, id: number): Promise<unknown>;

  /**
   * Writes what is known of a client. Resolves to a number that was the latest at that time; `null` where the client is
   * not with that process any more.
   */
  save(place: StreamRef, epoch: string, record: ClientRecord): Promise<number | null>;

  /** Reads what is kept of a client, which stays with whoever has it. `null` where nobody knows it. */
  find(place: StreamRef, epoch: string, key: string): Promise<KeptRecord | null>;

  /** Takes a client for a process from whichever has it, and tells that one. `null` where nobody knows it. */
  claim(
    place: StreamRef,
    epoch: string,
    client: { readonly key: string; readonly node: string; readonly time: number },
  ): Promise<ClaimedClient | null>;

  /** Forgets a client, if it is still with the process that has it in a generation. */
  drop(place: StreamRef, key: string, generation: number): Promise<unknown>;

  /** This process does not use a namespace any more. Where no other does either, nothing of it is to stay for good. */
  end(place: StreamRef): Promise<unknown>;
}

/** What is to be known of a {@link BrokerError}. */
export interface RefusalDetails {
  readonly cause?: unknown;
  /** Whether the numbering is not the one that this process knows. */
  readonly isEpochOver?: boolean;
  /** Whether it would be the same if asked again. */
  readonly isFinal?: boolean;
  /** Whether what was to be kept is larger than the broker takes, and all else is well. */
  readonly isTooLarge?: boolean;
  /** The broker's own number for what is wrong. */
  readonly code?: number;
}

/** The answer of a broker that does not do what it was asked for, while the connection is alive. */
export class BrokerError extends Error {
  readonly isEpochOver: boolean;
  readonly isFinal: boolean;
  readonly isTooLarge: boolean;
  readonly code: number;

  constructor(
    message: string,
    { cause, isEpochOver = false, isFinal = false, isTooLarge = false, code = 0 }: RefusalDetails = {},
  ) {
    super(message, { cause });
    this.name = "BrokerError";
    this.isEpochOver = isEpochOver;
    this.isFinal = isFinal;
    this.isTooLarge = isTooLarge;
    this.code = code;
  }
}

/** Longer names of namespaces and rooms are replaced by a digest: a broker may not take them, and all would pay for them. */
const maxNameLength = 255;
/** What a digest in place of a namespace begins with: no encoded name holds a colon. */
const digestMark = "d:";

/**
 * What the names of a namespace's keys and channels begin with: `channel{namespace}`, the namespace encoded as a part of a
 * URL, or `channel{d:digest}`.
 *
 * @param channel - without braces
 */
export function nameIn(channel: string, namespace: string): string {
  const encoded = encodeURIComponent(namespace.toWellFormed());
  const part = encoded.length <= maxNameLength ? encoded : `${digestMark}${digestOf(namespace)}`;
  return `${channel}{${part}}`;
}

/** The namespace within a {@link nameIn | name}, or a digest where it is too long. */
export function namespaceOf(name: string): { readonly namespace: string } | { readonly digest: string } {
  const part = name.slice(name.indexOf("{") + 1, -1);
  if (part.startsWith(digestMark)) return { digest: part.slice(digestMark.length) };
  return { namespace: decodeURIComponent(part) };
}

/** The channel of everybody in a namespace. */
export function everyoneChannelIn(name: string): string {
  return `${name}:b`;
}

/** The channel of a room, or of a client's own. */
export function roomChannelIn(name: string, room: string): string {
  return room.length <= maxNameLength ? `${name}:r:${room}` : `${name}:d:${rememberedDigest(room)}`;
}

/** Whether a channel is that of a room, or of a client's own. */
export function isRoomChannel(name: string, channel: string): boolean {
  return channel.startsWith(":r:", name.length) || channel.startsWith(":d:", name.length);
}

/** Digests of long names that were asked for lately: the channels of a client's rooms are asked for again and again. */
const digests = new Map<string, string>();
/** How long all names together may be that are remembered for that. */
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

/** The channel of a process. */
export function nodeChannelIn(name: string, node: string): string {
  return `${name}:n:${node}`;
}

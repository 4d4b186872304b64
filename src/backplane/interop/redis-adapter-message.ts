/**
 * The messages of `@socket.io/redis-adapter` and `@socket.io/redis-emitter`. This file knows the format and
 * sends nothing.
 */

import { withoutSecrets } from "../../core/model/secret-names.ts";
import { type SocketInfo, tellHeaders, tellQuery } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import { checkEventName } from "../../core/packet/event-packet.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import { decodeMessagePack } from "../../protocol/message-pack-reader.ts";
import { MessagePackWriter } from "../../protocol/message-pack-writer.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { encodeEvent } from "../../protocol/socket-packet-encoder.ts";

/** What servers ask each other; the numbers are the format's. */
export const requestTypes = {
  sockets: 0,
  allRooms: 1,
  join: 2,
  leave: 3,
  disconnect: 4,
  fetch: 5,
  serverSideEmit: 6,
  broadcast: 7,
  clientCount: 8,
  acknowledgement: 9,
} as const;

/** The number of an event's packet, which is the same with attachments. */
const eventType = 2;

const noLimits = { maxDepth: 1000, maxAttachments: Number.MAX_SAFE_INTEGER };

/** The clients that a message is for, and how it goes to them. */
export interface AdapterOptions {
  /** Any of these rooms; all clients where the list is empty. */
  readonly rooms: readonly unknown[];
  /** None of these rooms. */
  readonly except: readonly unknown[];
  readonly flags?:
    | { readonly volatile?: boolean; readonly compress?: boolean; readonly timeout?: number }
    | undefined;
}

/** The packet of an event. */
export interface AdapterPacket {
  readonly data: readonly unknown[];
  /** The namespace; `"/"` where it is missing. */
  readonly nsp?: string;
}

/** A request, as far as it is known: it comes from outside. */
export interface AdapterRequest {
  readonly type: number;
  /** The server that asks. */
  readonly uid?: string;
  readonly requestId?: string;
  readonly opts?: AdapterOptions;
  readonly rooms?: readonly unknown[];
  readonly sid?: unknown;
  readonly room?: unknown;
  readonly close?: boolean;
  readonly packet?: AdapterPacket;
  /** An event between servers: its name and its values. */
  readonly data?: readonly unknown[];
}

/** An answer, as far as it is known. */
export interface AdapterResponse {
  readonly type?: number;
  readonly requestId: string;
  readonly packet?: unknown;
  /** How many clients a server has asked for their acknowledgements. */
  readonly clientCount?: number;
  /** The answer of a server. */
  readonly data?: unknown;
  readonly sockets?: readonly AdapterSocket[];
}

/** A client in an answer. */
export interface AdapterSocket {
  readonly id: string;
  readonly rooms: readonly string[];
  readonly data?: unknown;
  readonly handshake?: unknown;
}

/** Writes an event for clients. */
export function encodeBroadcast(uid: string, packet: AdapterPacket, options: AdapterOptions): Uint8Array {
  return encodeBinary([uid, packet, options]);
}

/** Reads an event for clients. */
export function decodeBroadcast(
  bytes: Uint8Array,
): [uid: string, packet: AdapterPacket | undefined, options: AdapterOptions] {
  return decodeMessagePack(bytes, noLimits) as [string, AdapterPacket | undefined, AdapterOptions];
}

/** Writes a request or an answer as JSON. */
export function encodeJson(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Writes a request or an answer as MessagePack: it may hold bytes of clients. */
export function encodeBinary(value: unknown): Uint8Array {
  const writer = new MessagePackWriter();
  writer.value(value);
  return writer.take();
}

/** Reads a request: JSON, or MessagePack where it holds an event. */
export function decodeRequest(bytes: Uint8Array): AdapterRequest {
  return decodeEither(bytes) as AdapterRequest;
}

/** Reads an answer: JSON, or MessagePack where it holds what a client sent. */
export function decodeResponse(bytes: Uint8Array): AdapterResponse {
  return decodeEither(bytes) as AdapterResponse;
}

function decodeEither(bytes: Uint8Array): unknown {
  const leftBrace = 0x7b;
  return bytes[0] === leftBrace
    ? JSON.parse(Buffer.from(bytes).toString())
    : decodeMessagePack(bytes, noLimits);
}

/** The packet of an event. */
export function packetOf(
  nsp: string,
  event: string,
  values: readonly unknown[],
): AdapterPacket & { readonly type: number } {
  return { type: eventType, data: [event, ...values], nsp };
}

/**
 * The event of a packet.
 *
 * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a name that clients cannot get
 */
export function eventOf(namespace: string, { data }: AdapterPacket): EncodedEvent {
  const [event, ...values] = data;
  checkEventName(event);
  return encodeEvent(namespace, [event, ...values]);
}

/** A target in the format's words. */
export function optionsOf(
  { sid, rooms, skip }: Target,
  { volatile, compress }: PacketFlags = {},
): AdapterOptions {
  return {
    rooms: sid === null ? (rooms ?? []) : [sid],
    except: skip ?? [],
    flags: { ...(volatile === true ? { volatile } : {}), ...(compress === false ? { compress } : {}) },
  };
}

/** A client in the format's words. */
export function socketOf({ sid, rooms, publicData, handshake }: SocketInfo): AdapterSocket {
  const { time, address, secure, url, query, headers } = handshake;
  return {
    id: sid,
    rooms,
    data: publicData,
    handshake: {
      headers,
      time: new Date(time).toString(),
      issued: time,
      address,
      secure,
      xdomain: headers.origin !== undefined,
      url,
      query,
      auth: {},
    },
  };
}

/**
 * A client of another server, as far as the format tells of it, and no more than others are told of clients
 * here.
 */
export function infoOf(namespace: string, socket: AdapterSocket): SocketInfo {
  const {
    issued = 0,
    address = "",
    secure = false,
    url = "",
    query = {},
    headers = {},
  } = (socket.handshake ?? {}) as Partial<Omit<SocketInfo["handshake"], "time" | "headers">> & {
    issued?: number;
    headers?: Parameters<typeof tellHeaders>[0];
  };
  return {
    sid: socket.id,
    namespace,
    rooms: [socket.id, ...socket.rooms.filter((room) => room !== socket.id)],
    publicData: (socket.data ?? {}) as SocketInfo["publicData"],
    handshake: {
      time: issued,
      address,
      secure,
      url: withoutSecrets(url),
      query: tellQuery(Object.entries(query).map(([name, value]) => [name, String(value)])),
      headers: tellHeaders(headers),
    },
    transport: "",
  };
}

/** Events and acknowledgements, made ready to be sent. */

import { ProtocolError, RoomcastError } from "../../base/errors.ts";
import { show } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import { OutgoingPacket, type PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import {
  type EncodedEvent,
  encodeEvent,
  encodeSocketPacket,
  reservedEvents,
  type SocketPacket,
  SocketPacketDecoder,
} from "../../protocol/socket-packet.ts";

/** The Engine.IO type of a message. */
const message = "4";

/** What servers send each other was checked where it came from. */
const noLimits = {
  maxAttachments: Number.MAX_SAFE_INTEGER,
  maxDepth: Number.MAX_SAFE_INTEGER,
  maxNamespaceLength: Number.MAX_SAFE_INTEGER,
  maxEventLength: Number.MAX_SAFE_INTEGER,
  maxArguments: Number.MAX_SAFE_INTEGER,
};

/** An event that is encoded once and can be sent with or without a request for an acknowledgement. */
export interface EventPacket {
  /** The packet without a request for an acknowledgement. */
  plain(): OutgoingPacket;
  /** The packet with a request for an acknowledgement. */
  withId(id: number): OutgoingPacket;
}

/** An event as the default parser encodes it. */
export class JsonEventPacket implements EventPacket {
  /** What it is made of: other processes send it on as it is. */
  readonly encoded: EncodedEvent;
  readonly #flags: PacketFlags | undefined;

  /**
   * @param namespace - the namespace in which it travels
   * @param event - the event's name
   * @param values - the event's arguments
   * @param flags - how it may be treated on its way
   * @param received - what another process has encoded: then the event and its arguments need not be known
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  constructor(
    namespace: string,
    event: string,
    values: readonly unknown[],
    flags?: PacketFlags,
    received?: EncodedEvent,
  ) {
    this.#flags = flags;
    if (received !== undefined) {
      this.encoded = received;
      return;
    }
    checkEventName(event);
    try {
      this.encoded = encodeEvent(namespace, [event, ...values]);
    } catch (error) {
      throw payloadError(`The event ${quoted(event)} cannot be sent`, error);
    }
  }

  /** An event that another process has encoded; its payload is not looked at. */
  static received(namespace: string, encoded: EncodedEvent, flags?: PacketFlags): JsonEventPacket {
    return new JsonEventPacket(namespace, "", [], flags, encoded);
  }

  plain(): OutgoingPacket {
    const { prefix, body, isAscii, attachments } = this.encoded;
    return new OutgoingPacket(message + prefix + body, attachments, this.#flags, isAscii);
  }

  withId(id: number): OutgoingPacket {
    const { prefix, body, isAscii, attachments } = this.encoded;
    return new OutgoingPacket(message + prefix + id + body, attachments, this.#flags, isAscii);
  }
}

/**
 * The name and arguments of an event that another process has encoded.
 *
 * @throws {@link ProtocolError} when it is none
 */
export function decodeEvent({ prefix, body, attachments }: EncodedEvent): [string, ...unknown[]] {
  const decoder = new SocketPacketDecoder(noLimits);
  let packet = decoder.decodeText(prefix + body);
  for (const bytes of attachments) packet = decoder.decodeBinary(bytes);
  if (packet?.type !== "event") throw new ProtocolError("it is no event");
  return packet.data;
}

/**
 * Makes any packet ready to be sent, as the default parser encodes it.
 *
 * @throws {@link RoomcastError} `ERR_PAYLOAD`
 */
export function encodeJsonPacket(packet: SocketPacket, flags?: PacketFlags): OutgoingPacket {
  const { text, isAscii, attachments } = encodeSocketPacket(packet);
  return new OutgoingPacket(message + text, attachments, flags, isAscii);
}

/**
 * Checks that a name can be used for an event.
 *
 * @throws {@link RoomcastError} `ERR_EVENT_NAME`
 */
export function checkEventName(event: unknown): asserts event is string {
  if (typeof event !== "string" || event === "") {
    throw new RoomcastError(
      "ERR_EVENT_NAME",
      `An event's name must be a string that is not empty, not ${show(event)}.`,
    );
  }
  if (reservedEvents.has(event)) {
    throw new RoomcastError(
      "ERR_EVENT_NAME",
      `"${event}" is reserved by Socket.IO and cannot be emitted; choose another name.`,
    );
  }
}

function payloadError(what: string, cause: unknown): unknown {
  if (!(cause instanceof RoomcastError)) return cause;
  return new RoomcastError(cause.code, `${what}: ${cause.message}`, { cause });
}

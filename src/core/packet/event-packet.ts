/** Events and acknowledgements in the encoding of the default parser. */

import { ProtocolError, RoomcastError } from "../../base/errors.ts";
import { show } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import { OutgoingPacket, type PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import { type EncodedEvent, reservedEvents, type SocketPacket } from "../../protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../../protocol/socket-packet-decoder.ts";
import { encodeEvent, encodeSocketPacket } from "../../protocol/socket-packet-encoder.ts";

/** The Engine.IO type of a message. */
const message = "4";

/** The process that sent the event has checked it. */
const noLimits = {
  maxAttachments: Number.MAX_SAFE_INTEGER,
  maxDepth: Number.MAX_SAFE_INTEGER,
  maxNamespaceLength: Number.MAX_SAFE_INTEGER,
  maxEventLength: Number.MAX_SAFE_INTEGER,
  maxArguments: Number.MAX_SAFE_INTEGER,
};

/** An event that is encoded once and sent with or without a request for an acknowledgement. */
export interface EventPacket {
  /** The packet without a request for an acknowledgement. */
  plain(): OutgoingPacket;
  /** The packet with a request for an acknowledgement. */
  withId(id: number): OutgoingPacket;
}

/** An event in the encoding of the default parser. */
export class JsonEventPacket implements EventPacket {
  /** The encoded parts, which other processes send on unchanged. */
  readonly encoded: EncodedEvent;
  readonly #flags: PacketFlags | undefined;

  /**
   * Takes no object: that would be an allocation for each event that is sent.
   *
   * @param namespace - the namespace of the event
   * @param event - the event's name
   * @param values - the event's arguments
   * @param flags - how it may be treated on its way
   * @param received - the parts that another process has encoded; the event and its arguments may then be
   *   empty
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

  /** Makes a packet of an event that another process has encoded. Its payload is not read. */
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
 * An event in the form in which it travels between processes: that of the default parser, whatever parser
 * clients have.
 *
 * @throws {@link RoomcastError} `ERR_PAYLOAD`
 */
export function encodedOf(
  packet: EventPacket,
  { namespace }: { readonly namespace: string },
  event: string,
  values: readonly unknown[],
): EncodedEvent {
  return packet instanceof JsonEventPacket ? packet.encoded : encodeEvent(namespace, [event, ...values]);
}

/**
 * Decodes an event of another process into its name and arguments.
 *
 * @throws {@link ProtocolError} when it is no event
 */
export function decodeEvent({ prefix, body, attachments }: EncodedEvent): [string, ...unknown[]] {
  const decoder = new SocketPacketDecoder(noLimits);
  let packet = decoder.decodeText(prefix + body);
  for (const bytes of attachments) packet = decoder.decodeBinary(bytes);
  if (packet?.type !== "event") throw new ProtocolError("it is no event");
  return packet.data;
}

/**
 * Encodes any packet as the default parser does.
 *
 * @throws {@link RoomcastError} `ERR_PAYLOAD`
 */
export function encodeJsonPacket(packet: SocketPacket, flags?: PacketFlags): OutgoingPacket {
  const { text, isAscii, attachments } = encodeSocketPacket(packet);
  return new OutgoingPacket(message + text, attachments, flags, isAscii);
}

/**
 * Checks that an event may have a name.
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

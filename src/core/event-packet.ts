/** Events and acknowledgements, made ready to be sent. */

import { RoomcastError } from "../base/errors.ts";
import { OutgoingPacket, type PacketFlags } from "../engine/outgoing-packet.ts";
import {
  type EncodedEvent,
  encodeEvent,
  encodeSocketPacket,
  reservedEvents,
  type SocketPacket,
} from "../protocol/socket-packet.ts";

/** The Engine.IO type of a message. */
const message = "4";

/** An event that is encoded once and can be sent with or without a request for an acknowledgement. */
export interface EventPacket {
  /** The packet without a request for an acknowledgement. */
  plain(): OutgoingPacket;
  /** The packet with a request for an acknowledgement. */
  withId(id: number): OutgoingPacket;
}

/** An event as the default parser encodes it. */
export class JsonEventPacket implements EventPacket {
  readonly #encoded: EncodedEvent;
  readonly #flags: PacketFlags | undefined;

  /**
   * @param namespace - the namespace in which it travels
   * @param event - the event's name
   * @param values - the event's arguments
   * @param flags - how it may be treated on its way
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  constructor(namespace: string, event: string, values: readonly unknown[], flags?: PacketFlags) {
    checkEventName(event);
    this.#flags = flags;
    try {
      this.#encoded = encodeEvent(namespace, [event, ...values]);
    } catch (error) {
      throw payloadError(`The event ${JSON.stringify(event)} cannot be sent`, error);
    }
  }

  plain(): OutgoingPacket {
    const { prefix, body, attachments } = this.#encoded;
    return new OutgoingPacket(message + prefix + body, attachments, this.#flags);
  }

  withId(id: number): OutgoingPacket {
    const { prefix, body, attachments } = this.#encoded;
    return new OutgoingPacket(message + prefix + id + body, attachments, this.#flags);
  }
}

/**
 * Makes any packet ready to be sent, as the default parser encodes it.
 *
 * @throws {@link RoomcastError} `ERR_PAYLOAD`
 */
export function encodeJsonPacket(packet: SocketPacket): OutgoingPacket {
  const { text, attachments } = encodeSocketPacket(packet);
  return new OutgoingPacket(message + text, attachments);
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
      `An event's name must be a string that is not empty, not ${String(event) || '""'}.`,
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

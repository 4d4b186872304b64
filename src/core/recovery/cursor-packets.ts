/** Packets of events that end with a cursor: the client's position in the stream after the event. */

import type { OutgoingPacket, PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { type Codec, receivedEvent } from "../packet/codec.ts";
import type { RecoverableEvent } from "./recovery-log.ts";

/** Makes the packets of one namespace. */
export class CursorPackets {
  readonly #codec: Codec;
  readonly #namespace: string;

  constructor(codec: Codec, namespace: string) {
    this.#codec = codec;
    this.#namespace = namespace;
  }

  /**
   * Encodes an event.
   *
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  encode({ event, values, flags }: RecoverableEvent, cursor: string): OutgoingPacket {
    return this.#codec.event(this.#namespace, event, [...values, cursor], flags).plain();
  }

  /** Adds the cursor to an encoded event. */
  append(event: EncodedEvent, flags: PacketFlags, cursor: string): OutgoingPacket {
    // Every event has a name, so the comma always has a value before it.
    const body = `${event.body.slice(0, -1)},"${cursor}"]`;
    return receivedEvent(this.#codec, this.#namespace, { ...event, body }, flags).plain();
  }
}

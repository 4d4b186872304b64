/** The packet that tells a client why it may not join a namespace. */

import { isPlainObject } from "../../base/options.ts";
import type { OutgoingPacket } from "../../engine/outbox/outgoing-packet.ts";
import type { Refusal } from "../namespace/open-namespace.ts";
import type { Codec } from "../packet/codec.ts";

/** The client that is refused. */
export interface RefusedClient {
  readonly codec: Codec;
  /** Whether it is a client of Socket.IO 2, which gets the data in place of a message with data. */
  readonly isEio3: boolean;
}

/** Hears of data that cannot be encoded. */
export interface RefusalListener {
  report(error: unknown): void;
}

/** Encodes a refusal; without its data where that cannot be encoded. */
export function refusalPacket(
  namespace: string,
  { message, data }: Refusal,
  { codec, isEio3 }: RefusedClient,
  listener: RefusalListener,
): OutgoingPacket {
  const plain = isEio3 ? message : { message };
  try {
    let whole: unknown = plain;
    if (isEio3 && (typeof data === "string" || isPlainObject(data))) whole = data;
    else if (!isEio3 && data !== undefined) whole = { message, data };
    return codec.packet({ type: "connect_error", namespace, data: whole });
  } catch (error) {
    listener.report(error);
    return codec.packet({ type: "connect_error", namespace, data: plain });
  }
}

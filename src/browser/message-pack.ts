/** Packets in MessagePack, for servers with `parser: "msgpack"` or `socket.io-msgpack-parser`. */

import { encodeMessagePackPacket, MessagePackDecoder } from "../protocol/message-pack-packet.ts";
import type { SocketPacket } from "../protocol/socket-packet.ts";
import type { PacketParser } from "./packet-codec.ts";

/** The names of types, in the order of their numbers. */
const types = ["connect", "disconnect", "event", "ack", "connect_error"] as const;

/** The client trusts its server, so only the depth of values has a limit, as in the stock client's stack. */
const limits = {
  maxAttachments: Number.POSITIVE_INFINITY,
  maxDepth: 1_000,
  maxNamespaceLength: Number.POSITIVE_INFINITY,
  maxEventLength: Number.POSITIVE_INFINITY,
  maxArguments: Number.POSITIVE_INFINITY,
};

/** A parser for `connect()`: one binary message for each packet. */
export const messagePack: PacketParser = {
  encode: ({ type, ...packet }) => [
    encodeMessagePackPacket({ ...packet, type: types[type] } as SocketPacket),
  ],
  decoder() {
    const decoder = new MessagePackDecoder(limits);
    return (frame) => {
      if (typeof frame === "string") throw new Error("the server uses another parser");
      const { type, ...packet } = decoder.decodeBinary(frame);
      return { ...packet, type: types.indexOf(type) };
    };
  },
};

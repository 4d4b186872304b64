/**
 * Socket.IO packets to and from the messages of a WebSocket. Trusts its server, so it has no limits, and is
 * small for that. Knows no connection.
 *
 *     2/chat,12["say","hello"]                             an event that asks for its answer
 *     51-["file",{"_placeholder":true,"num":0}]            one with an attachment, which comes next
 */

/** A packet of Socket.IO, as its protocol numbers the types. */
export interface Packet {
  /** 0 joins, 1 leaves, 2 is an event, 3 an acknowledgement and 4 a refusal. */
  readonly type: number;
  readonly namespace: string;
  /** Of the acknowledgement. */
  readonly id?: number | undefined;
  readonly data?: unknown;
}

/** The types of packets. Those with attachments have larger numbers on the wire. */
export const connectType = 0;
export const disconnectType = 1;
export const eventType = 2;
export const ackType = 3;
export const refusalType = 4;

/** What a message of a WebSocket holds. */
export type Frame = string | ArrayBuffer | ArrayBufferView | Blob;

/** How packets become messages. The server must have the same one. */
export interface PacketParser {
  /** The messages for a packet, in order. */
  encode(packet: Packet): readonly Frame[];
  /** A function that takes the messages of one connection, and returns the packet that each completes. */
  decoder(): (frame: string | Uint8Array) => Packet | undefined;
}

/** From the number of a type to that with attachments. */
const binary = 3;
const form = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),?)?(\d*)(.*)$/s;

/** The parser that servers have by default. */
export const defaultParser: PacketParser = {
  encode({ type, namespace, id = "", data }) {
    const attachments: Frame[] = [];
    // `toJSON` of Node's Buffer has run before the function, so it looks at the original.
    const json = JSON.stringify(data, function (this: Record<string, unknown>, key, value) {
      const original = this[key];
      return isBinary(original) ? { _placeholder: true, num: attachments.push(original) - 1 } : value;
    });
    const count = attachments.length;
    const start = count ? `${type + binary}${count}-` : type;
    return [`${start}${namespace === "/" ? "" : `${namespace},`}${id}${json ?? ""}`, ...attachments];
  },

  decoder() {
    let packet: Packet;
    let json = "";
    let count = 0;
    let attachments: Uint8Array[] = [];
    return (frame) => {
      if (typeof frame === "string") {
        const [, type, parts = 0, namespace = "/", id, rest = ""] = form.exec(frame) ?? [];
        if (!type) throw "no packet";
        packet = {
          type: Number(type) - (type > "4" ? binary : 0),
          namespace,
          id: id ? Number(id) : undefined,
        };
        json = rest;
        count = Number(parts);
        attachments = [];
      } else {
        attachments.push(frame);
      }
      if (attachments.length < count) return undefined;
      const revive = (_key: string, value: { _placeholder?: boolean; num: number } | null) =>
        value?._placeholder ? attachments[value.num] : value;
      return { ...packet, data: json ? JSON.parse(json, count ? revive : undefined) : undefined };
    };
  },
};

/** Whether a value travels as an attachment. */
function isBinary(value: unknown): value is Frame {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}

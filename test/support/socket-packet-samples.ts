/** Samples of Socket.IO packets, as text and as values. */

import type { SocketPacket } from "../../src/protocol/socket-packet.ts";

/** The samples of the protocol's specification that carry no binary. */
export const samples: readonly (readonly [text: string, packet: SocketPacket])[] = [
  ["0", { type: "connect", namespace: "/" }],
  ["0/admin,", { type: "connect", namespace: "/admin" }],
  ['0{"token":"123"}', { type: "connect", namespace: "/", data: { token: "123" } }],
  [
    '0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}',
    { type: "connect", namespace: "/admin", data: { sid: "oSO0OpakMV_3jnilAAAA" } },
  ],
  ["1", { type: "disconnect", namespace: "/" }],
  ["1/admin,", { type: "disconnect", namespace: "/admin" }],
  ['2["foo"]', { type: "event", namespace: "/", data: ["foo"] }],
  ['2/admin,["bar"]', { type: "event", namespace: "/admin", data: ["bar"] }],
  ['212["foo"]', { type: "event", namespace: "/", id: 12, data: ["foo"] }],
  [
    '2/admin,456["project:delete",123]',
    { type: "event", namespace: "/admin", id: 456, data: ["project:delete", 123] },
  ],
  ["3/admin,456[]", { type: "ack", namespace: "/admin", id: 456, data: [] }],
  ['312["bar"]', { type: "ack", namespace: "/", id: 12, data: ["bar"] }],
  [
    '4{"message":"Not authorized"}',
    { type: "connect_error", namespace: "/", data: { message: "Not authorized" } },
  ],
  ['4/admin,"Not authorized"', { type: "connect_error", namespace: "/admin", data: "Not authorized" }],
];

export const bytes = new Uint8Array([1, 2, 3]);
export const moreBytes = new Uint8Array([4, 5]);

/** The specification's samples with binary. */
export const binarySamples: readonly (readonly [
  text: string,
  attachments: Uint8Array[],
  packet: SocketPacket,
])[] = [
  [
    '51-["baz",{"_placeholder":true,"num":0}]',
    [bytes],
    { type: "event", namespace: "/", data: ["baz", bytes] },
  ],
  [
    '52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
    [bytes, moreBytes],
    { type: "event", namespace: "/admin", data: ["baz", bytes, moreBytes] },
  ],
  [
    '51-15["bar",{"file":{"_placeholder":true,"num":0}}]',
    [bytes],
    { type: "event", namespace: "/", id: 15, data: ["bar", { file: bytes }] },
  ],
  [
    '61-15["bar",{"_placeholder":true,"num":0}]',
    [bytes],
    { type: "ack", namespace: "/", id: 15, data: ["bar", bytes] },
  ],
  [
    '61-/admin,1[{"_placeholder":true,"num":0}]',
    [bytes],
    { type: "ack", namespace: "/admin", id: 1, data: [bytes] },
  ],
];

/** What an action throws; `undefined` where it throws nothing. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** A value of so many levels of lists and objects. */
export function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

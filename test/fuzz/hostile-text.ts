/** Text that hostile clients write: names, JSON and packets, most of them nearly right. */

import type { Random } from "./random.ts";

/** Names with a meaning to an engine, a protocol, a path or a log, and names at the length limits. */
export const hostileNames = [
  ...["", "a", "echo", "__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "valueOf"],
  ...[
    "then",
    "toJSON",
    "length",
    "__defineGetter__",
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
  ],
  ...["error", "message", "json", "newListener", "removeListener", "*", "on_connect", "_placeholder", "num"],
  ...[
    "\u0000",
    "a\u0000b",
    "\ud800",
    "\udfff\ud800",
    "\u001e",
    "\u2028",
    "\r\nX: y",
    "é",
    "👋🏽",
    "٣",
    "½",
    "NaN",
  ],
  ...["-0", "1e3", "0x10", " ", "..", "../../etc/passwd", "%2e%2e%2f", "<script>", "{{a}}", "'; DROP--"],
  ...["a".repeat(254), "a".repeat(255), "a".repeat(256), "é".repeat(255), "👋".repeat(128), "x".repeat(5000)],
] as const;

const numbers = [
  ...["0", "-0", "1", "-1", "1.5", "1e400", "-1e400", "1e-400", "9007199254740991", "9007199254740993", "01"],
  ...["+1", ".5", "5.", "0x1", "NaN", "Infinity", "1e", "1_000", "123456789012345678901234567890"],
] as const;

/** Acknowledgement ids within the limits and beyond. */
export const hostileIds = [
  ...["", "", "", "0", "1", "2", "12", "007", "9007199254740991", "9007199254740992", "9999999999999999"],
  ...["99999999999999999", "18446744073709551616", "-1", "1.5", "1e3", " 1", "٣", "1".repeat(300)],
] as const;

/** JSON text of at most `levels` levels, and now and then of any depth. */
export function hostileJson(random: Random, levels = 4): string {
  switch (levels <= 0 ? random.below(6) : random.below(14)) {
    case 0:
      return JSON.stringify(random.pick(hostileNames));
    case 1:
      return random.pick(numbers);
    case 2:
      return random.pick(["true", "false", "null", "null", "undefined", "", "nul", "True"]);
    case 3:
      return `"${random.pick(["\\ud800", "\\u0000", "\\u001e", "\\", '\\"[[[[', "]}", "\\x", "\t", "\\/", "b64"])}"`;
    case 4:
      return placeholder(random);
    case 5:
      return random.pick(['"x"', "0", "[]", "{}", '{"a":1}', '"\u001e"', "[,]", "{,}", "[1,]"]);
    case 6:
    case 7:
    case 8:
      return `[${items(random, () => hostileJson(random, levels - 1))}]`;
    case 9:
    case 10:
    case 11:
      return `{${items(random, () => `${JSON.stringify(random.pick(hostileNames))}:${hostileJson(random, levels - 1)}`)}}`;
    case 12:
      return deep(random, hostileJson(random, levels - 1));
    default:
      return ` ${hostileJson(random, levels - 1)}\n`;
  }
}

/** The placeholder of an attachment, or something like it. */
function placeholder(random: Random): string {
  const num = random.oneIn(3)
    ? random.pick(["-1", "0.5", "1e9", '"splice"', '"0"', "null", "[0]", "4294967296", "-0"])
    : String(random.below(4));
  return random.pick([
    ...([`{"_placeholder":true,"num":${num}}`, `{"_placeholder":true,"num":${num}}`] as const),
    ...[
      `{"num":${num},"_placeholder":true,"x":1}`,
      `{"_placeholder":1,"num":${num}}`,
      '{"_placeholder":true}',
    ],
    ...[
      `{"__proto__":{"_placeholder":true,"num":${num}}}`,
      `{"_placeholder":true,"__proto__":{"num":${num}}}`,
    ],
  ]);
}

function deep(random: Random, inner: string): string {
  const depth = random.pick([2, 10, 120, 126, 127, 128, 129, 130, random.oneIn(20) ? 5000 : 300]);
  const kind = random.below(3);
  if (kind === 0) return "[".repeat(depth) + inner + "]".repeat(depth);
  if (kind === 1) return '{"a":'.repeat(depth) + inner + "}".repeat(depth);
  return "[".repeat(depth);
}

function items(random: Random, make: () => string): string {
  return random.times(random.below(4), make).join(random.oneIn(40) ? ",," : ",");
}

/** A WebSocket message: text or bytes. */
export type Message = string | Uint8Array;

/** The messages of one Socket.IO packet: its text, and attachments, sometimes too many or too few. */
export function hostilePacket(random: Random): Message[] {
  const type = random.oneIn(30)
    ? random.pick(["", "7", "8", "9", "-1", "a", " ", "2 ", "22"])
    : random.pick(["0", "1", "2", "2", "2", "3", "4", "5", "5", "5", "6", "6"]);
  const namespace = random.oneIn(3)
    ? `/${random.pick(hostileNames)}${random.pick([",", ",", ",", "", "?a=b,"])}`
    : "";
  const id = random.oneIn(3) ? random.pick(hostileIds) : "";
  if (type !== "5" && type !== "6") {
    return [
      `${type}${namespace}${id}${data(random, type, 0)}`,
      ...attachments(random, random.oneIn(30) ? 1 : 0),
    ];
  }
  const count = random.below(4);
  const claimed = random.oneIn(8)
    ? random.pick(["", "-1", "99999", "1.5", "1e1", "10", "11", "0", "1".repeat(20), " 1"])
    : String(count);
  const dash = random.oneIn(40) ? random.pick(["", "--", "_"]) : "-";
  const text = `${type}${claimed}${dash}${namespace}${id}${data(random, type, count)}`;
  const coming = random.oneIn(8) ? random.below(5) : count;
  const between = random.oneIn(20) ? ['2["between"]'] : [];
  return [text, ...between, ...attachments(random, coming)];
}

function attachments(random: Random, count: number): Uint8Array[] {
  return random.times(count, () => random.bytes(random.pick([0, 1, 2, 3, 20, 200])));
}

function data(random: Random, type: string, count: number): string {
  if (random.oneIn(12)) return hostileJson(random);
  if (type === "0" || type === "1" || type === "4") {
    if (random.oneIn(2)) return "";
    return random.oneIn(2) ? '{"token":"a"}' : hostileJson(random);
  }
  const name = random.oneIn(10) ? hostileJson(random, 1) : JSON.stringify(random.pick(hostileNames));
  const values = random.times(random.below(3), () => hostileJson(random));
  // Mostly one placeholder for each attachment, in any order.
  const places = random.times(count, () => random.below(1000));
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  for (const num of order) {
    const place = random.oneIn(15) ? placeholder(random) : `{"_placeholder":true,"num":${num}}`;
    values.splice(random.below(values.length + 1), 0, random.oneIn(3) ? `{"a":[${place}]}` : place);
  }
  return `[${[...(type === "2" || type === "5" ? [name] : []), ...values].join(",")}]`;
}

/** The text of a polling payload: Engine.IO packets and separators. */
export function hostilePayload(random: Random): string {
  return random
    .times(1 + random.below(5), () => hostileEnginePacket(random))
    .join(random.oneIn(12) ? random.pick(["", "\u001e\u001e", "\u001f", "\n", ":"]) : "\u001e");
}

/** One Engine.IO packet in its polling form. */
export function hostileEnginePacket(random: Random): string {
  switch (random.below(10)) {
    case 0:
      return random.pick(["", "0", "1", "2", "3", "5", "6", "7", "b", "4", "2probe", "3probe", "1x", "٤"]);
    case 1:
      return `b${hostileBase64(random)}`;
    case 2:
      return `${random.pick(["0", "1", "2", "3", "5", "6", "7", "-"])}${random.pick(hostileNames)}`;
    default: {
      const [text = "", ...rest] = hostilePacket(random);
      const encoded = rest.map((message) =>
        typeof message === "string" ? `4${message}` : `b${Buffer.from(message).toString("base64")}`,
      );
      return [`4${String(text)}`, ...encoded].join("\u001e");
    }
  }
}

/** Base64 that is right, or cut, padded, wrapped and spelled in other ways. */
export function hostileBase64(random: Random): string {
  const text = random.bytes(random.below(random.oneIn(20) ? 300 : 12)).toString("base64");
  switch (random.below(12)) {
    case 0:
      return text.slice(0, random.below(text.length + 1));
    case 1:
      return text + random.pick(["=", "==", "===", "A", "\n", "\r\n", " ", "é", "\u0000", "-", "_"]);
    case 2:
      return text.replace(/=+$/, "");
    case 3:
      return text.replaceAll(/.{4}/g, random.pick(["$&\n", "$&\r\n", "$&\r", "$& "]));
    case 4:
      return text.replaceAll("+", "-").replaceAll("/", "_");
    case 5: {
      const at = random.below(text.length + 1);
      return text.slice(0, at) + random.pick(["=", "\n", "*", "A", "//", "😀"]) + text.slice(at);
    }
    default:
      return text;
  }
}

/** Requests and frames of hostile clients, as bytes on the network. */

import { hostilePayload } from "./hostile-text.ts";
import type { Random } from "./random.ts";

/** The parts of a request that are not left to chance. */
export interface Subject {
  readonly method?: string;
  readonly sid?: string;
  readonly body?: string | Uint8Array;
}

const methods = [
  "GET",
  "GET",
  "GET",
  "POST",
  "POST",
  "OPTIONS",
  "HEAD",
  "PUT",
  "DELETE",
  "PATCH",
  "TRACE",
  "get",
  "X",
] as const;
const paths = [
  ...([
    "/socket.io/",
    "/socket.io/",
    "/socket.io/",
    "/socket.io/",
    "/socket.io",
    "/socket.io/socket.io.js",
  ] as const),
  ...[
    "/socket.io/socket.io.js.map",
    "/socket.io/../socket.io/",
    "/socket.iox/",
    "/socket.io/%00",
    "/socket.io/%2e%2e/",
  ],
  ...[
    "/socket.io/__proto__",
    "/socket.io/constructor",
    "//socket.io/",
    "*",
    "http://a.example/socket.io/",
    "/",
  ],
] as const;
const oddities = [
  "__proto__",
  "constructor",
  "toString",
  "",
  "%00",
  "%",
  "%ff",
  "é",
  "polling ",
  "POLLING",
  "a".repeat(3000),
] as const;

/** The query of a request. */
export function hostileQuery(random: Random, transport: string, sid: string | undefined): string {
  const odd = () => (random.oneIn(10) ? random.pick(oddities) : undefined);
  const fields = [
    `transport=${odd() ?? (random.oneIn(20) ? random.pick(["polling", "websocket", "webtransport"]) : transport)}`,
  ];
  if (!random.oneIn(20))
    fields.unshift(`EIO=${odd() ?? (random.oneIn(12) ? random.pick(["3", "5", "2", "04", "4.0"]) : "4")}`);
  if (sid !== undefined) fields.push(`sid=${sid}`);
  else if (random.oneIn(8))
    fields.push(`sid=${random.oneIn(2) ? random.pick(oddities) : random.bytes(15).toString("base64url")}`);
  if (random.oneIn(15))
    fields.push(
      random.pick(["j=0", "b64=1", "t=x", "sid=", "transport=polling", "transport=websocket", "EIO=4"]),
    );
  if (random.oneIn(20)) fields.splice(random.below(fields.length), 1);
  return fields.join(random.oneIn(40) ? "&&" : "&");
}

/** A whole request, or nearly. */
export function hostileRequest(random: Random, { method, sid, body }: Subject = {}): Buffer {
  const verb = method ?? random.pick(methods);
  const payload = Buffer.from(
    (body ?? (verb === "POST" || random.oneIn(10) ? hostilePayload(random) : "")) as string,
  );
  const target = `${random.oneIn(3) ? random.pick(paths) : "/socket.io/"}?${hostileQuery(random, "polling", sid)}`;
  const headers = [...(random.oneIn(60) ? [] : ["Host: 127.0.0.1"]), ...hostileHeaders(random)];
  const isChunked = payload.length > 0 && random.oneIn(6);
  if (isChunked) headers.push("Transfer-Encoding: chunked");
  if (payload.length > 0 && (!isChunked || random.oneIn(20)))
    headers.push(`Content-Length: ${lengthOf(random, payload)}`);
  // A request line takes neither spaces nor non-ASCII characters: Node refuses them before Roomcast sees
  // them.
  const head = `${verb} ${target.replaceAll(" ", "%20")} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), isChunked ? inChunks(random, payload) : payload]);
}

function lengthOf(random: Random, payload: Buffer): string {
  if (!random.oneIn(15)) return String(payload.length);
  return random.pick([
    "0",
    "1",
    "-1",
    "99999999999",
    "60000",
    "abc",
    `${payload.length}, ${payload.length}`,
    String(payload.length + 10),
  ]);
}

function inChunks(random: Random, payload: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; start < payload.length; ) {
    const part = payload.subarray(start, start + 1 + random.below(200));
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
    start += part.length;
  }
  return Buffer.concat([
    ...parts,
    Buffer.from(random.oneIn(10) ? random.pick(["", "0\r\n", "zz\r\n", "fffffffff\r\n"]) : "0\r\n\r\n"),
  ]);
}

function hostileHeaders(random: Random): string[] {
  const headers: string[] = [];
  const add = (times: number, ...lines: readonly [string, ...string[]]) => {
    if (random.oneIn(times)) headers.push(random.pick(lines));
  };
  add(
    3,
    "Content-Type: text/plain",
    "Content-Type: application/octet-stream",
    "Content-Type: application/json",
    "Content-Type: \xff",
  );
  add(
    4,
    "Origin: http://127.0.0.1",
    "Origin: https://evil.example",
    "Origin: null",
    "Origin: http://[",
    "Origin: ",
    "Origin: __proto__",
  );
  add(
    4,
    "Accept-Encoding: gzip",
    "Accept-Encoding: br;q=x, deflate;q=0",
    "Accept-Encoding: *",
    `Accept-Encoding: ${",".repeat(500)}`,
  );
  add(
    8,
    "Cookie: io=__proto__; __proto__=1; a",
    `Cookie: ${"a=b;".repeat(300)}`,
    "Cookie: \x80=\x80",
    "Cookie: =;=;",
  );
  add(
    12,
    "Expect: 100-continue",
    "Expect: nonsense",
    "Connection: close",
    "Connection: upgrade",
    "Connection: keep-alive, Upgrade",
  );
  add(
    12,
    "Upgrade: h2c",
    "Upgrade: websocket",
    "Upgrade: __proto__",
    "X-Forwarded-For: 1.2.3.4",
    "If-None-Match: *",
    "Range: bytes=0-1",
  );
  add(
    20,
    "Access-Control-Request-Method: __proto__",
    "Access-Control-Request-Headers: a,b",
    `X: ${"y".repeat(2000)}`,
  );
  return headers;
}

/** A WebSocket upgrade request. */
export function hostileUpgrade(random: Random, sid?: string): string {
  const isRight = !random.oneIn(8);
  const pick = (right: string, ...wrong: readonly [string, ...string[]]) =>
    isRight || random.oneIn(2) ? right : random.pick(wrong);
  const headers = [
    "Host: 127.0.0.1",
    pick("Connection: Upgrade", "Connection: keep-alive", "Connection: upgrade, close"),
    pick("Upgrade: websocket", "Upgrade: WebSocket", "Upgrade: h2c", "Upgrade: websocket, x", "X: y"),
    pick(
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Version: 8",
      "Sec-WebSocket-Version: x",
      "Sec-WebSocket-Version: 13, 8",
    ),
    pick(
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Key: x",
      "Sec-WebSocket-Key: ",
      "X: y",
      `Sec-WebSocket-Key: ${"A".repeat(3000)}`,
    ),
  ];
  if (random.oneIn(3)) {
    headers.push(
      `Sec-WebSocket-Extensions: ${random.pick([
        ...([
          "permessage-deflate",
          "permessage-deflate",
          "permessage-deflate; client_max_window_bits",
        ] as const),
        ...[
          "permessage-deflate; server_max_window_bits=7",
          "permessage-deflate; server_no_context_takeover; client_max_window_bits=16",
        ],
        ...[
          "constructor",
          "__proto__; x",
          ",".repeat(2000),
          "permessage-deflate; toString=__proto__",
          'permessage-deflate; a="',
          "x-webkit-deflate-frame",
        ],
      ])}`,
    );
  }
  if (random.oneIn(6)) {
    headers.push(
      `Sec-WebSocket-Protocol: ${random.pick(["a", "a, b", "__proto__", "", ",,", `b${" ".repeat(2000)}x`, "\xff"])}`,
    );
  }
  if (random.oneIn(6))
    headers.push(
      random.pick(["Origin: http://127.0.0.1", "Origin: https://evil.example", "Origin: null", "Origin: ["]),
    );
  const method = random.oneIn(60) ? random.pick(["POST", "HEAD", "get"]) : "GET";
  return `${method} /socket.io/?${hostileQuery(random, "websocket", sid)} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`;
}

/** How a frame differs from a plain client frame. */
export interface FrameForm {
  readonly isLast?: boolean;
  /** The reserved bits, as 0x40, 0x20 and 0x10. */
  readonly reserved?: number;
  /** The length in the header, if it is not that of the payload. */
  readonly claimed?: number;
}

/** A client frame. */
export function clientFrame(
  random: Random,
  opcode: number,
  payload: string | Uint8Array,
  { isLast = true, reserved = 0, claimed }: FrameForm = {},
): Buffer {
  const bytes = Buffer.from(payload as string);
  const length = claimed ?? bytes.length;
  const extra = length < 126 ? Buffer.alloc(0) : Buffer.alloc(length < 65_536 ? 2 : 8);
  if (extra.length === 2) extra.writeUInt16BE(length);
  if (extra.length === 8) extra.writeBigUInt64BE(BigInt(length));
  const code = extra.length === 0 ? length : extra.length === 2 ? 126 : 127;
  const mask = random.bytes(4);
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = (bytes[index] ?? 0) ^ (mask[index & 3] ?? 0);
  return Buffer.concat([
    Buffer.from([(isLast ? 0x80 : 0) | reserved | opcode, 0x80 | code]),
    extra,
    mask,
    bytes,
  ]);
}

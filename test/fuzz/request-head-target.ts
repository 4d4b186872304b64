/** The reader of heads of requests for a WebSocket and of long polling, against Node's own parser. */

import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { readRequestHead } from "../../src/net/request-head.ts";
import { asText, type DecoderTarget, demandEqual, Violation } from "./decoder-target.ts";
import type { Random } from "./random.ts";

/** Node's parser, as its server uses it. */
interface Parser {
  initialize(type: number, resource: object, maxHeaderSize: number, leniency: number): void;
  execute(bytes: Buffer): number | Error;
  socket: unknown;
  onIncoming: (request: IncomingMessage) => number;
}

const { parsers, HTTPParser } = createRequire(import.meta.url)("_http_common") as {
  readonly parsers: { alloc(): Parser };
  readonly HTTPParser: { readonly REQUEST: number };
};

/** A request as Node has it; `upgrade` says whether its client asks for another protocol. */
type NodeRequest = IncomingMessage & { readonly upgrade: boolean };

/** What Node's parser makes of bytes. */
interface NodeReading {
  readonly requests: readonly NodeRequest[];
  readonly length: number | Error;
}

/** @param then - what Node takes for the next bytes: 0 for HTTP, 2 for something else */
function readAsNode(bytes: Buffer, then: 0 | 2): NodeReading {
  const parser = parsers.alloc();
  const requests: NodeRequest[] = [];
  parser.initialize(HTTPParser.REQUEST, {}, 0, 0);
  parser.socket = { pause() {} };
  parser.onIncoming = (incoming) => {
    requests.push(incoming as NodeRequest);
    return then;
  };
  return { length: parser.execute(bytes), requests };
}

/** A body has as many bytes as the head says. */
function checkBody(head: Buffer, length: number): void {
  const bytes = Buffer.concat([head, Buffer.alloc(length, "G")]);
  const whole = readAsNode(bytes, 0);
  demandEqual(
    "read a body otherwise than Node",
    [whole.length, whole.requests.length, whole.requests[0]?.complete],
    [bytes.length, 1, true],
  );
  if (length === 0) return;
  const part = readAsNode(bytes.subarray(0, -1), 0);
  if (part.requests[0]?.complete !== false) throw new Violation("took a longer body than Node");
}

const names = [
  ...(["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"] as const),
  ...["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Origin", "User-Agent", "Accept-Language"],
  ...["Cookie", "Pragma", "Cache-Control", "X-Forwarded-For", "Forwarded", "Authorization", "Keep-Alive"],
  ...["Content-Length", "Transfer-Encoding", "Expect", "Trailer", "TE", "Proxy-Connection", "HTTP2-Settings"],
  ...["__proto__", "constructor", "toString", "", "a b", "x(y)", "Host ", " Host", "h\u00e9"],
] as const;

const values = [
  ...(["websocket", "Upgrade", "keep-alive, Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ=="] as const),
  ...[
    "localhost:5000",
    "io=abc; other=x%20y",
    'W/"x"',
    "",
    " ",
    "\t",
    "a\tb",
    "a  ",
    " a",
    "\u00e9",
    "\u0000",
  ],
  ...[
    "0",
    "5",
    "05",
    "+5",
    "5, 5",
    "0x5",
    "1e1",
    "1234567",
    "chunked",
    "100-continue",
    "keep-alive",
    "close",
    "upgrade, close",
    "upgrade,",
    "h2c",
  ],
  ...["websocket, h2c", "WebSocket", "UPGRADE", "a\r\n folded", "a\nb", "a\rb", "[::1]:80", "a".repeat(900)],
] as const;

const lines = [
  ...(["GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", "GET / HTTP/1.1"] as const),
  ...["GET /a HTTP/1.0", "GET /a HTTP/2.0", "GET /a HTTP/1.1 ", "GET  /a HTTP/1.1", "get /a HTTP/1.1"],
  ...["GET /a", "GET http://a.example/a HTTP/1.1", "GET * HTTP/1.1", "POST /a HTTP/1.1", "GET /a HTTP/1.10"],
  ...[
    "GET //a/../b HTTP/1.1",
    "CONNECT a:80 HTTP/1.1",
    "PRI * HTTP/2.0",
    "GET /\u00e9 HTTP/1.1",
    "\r\nGET / HTTP/1.1",
  ],
] as const;

const oddities = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  ":",
  " ",
  "\t",
  "\u0000",
  "\u007f",
  "\u00ff",
  "#",
  '"',
  "{",
  "\\",
];

/** A character of each kind, as often one that means something. */
function oddity(random: Random): string {
  return random.oneIn(2)
    ? (oddities[random.below(oddities.length)] ?? "")
    : String.fromCharCode(random.below(256));
}

function url(random: Random, method: string): string {
  const pieces = random.times(1 + random.below(5), () =>
    random.oneIn(30) ? oddity(random) : String.fromCharCode(33 + random.below(94)),
  );
  return `${method} /${pieces.join("")} HTTP/1.1`;
}

function upgradeFields(random: Random): string[][] {
  return [
    ["Host", "localhost:5000"],
    ["Upgrade", random.oneIn(10) ? random.pick(values) : "websocket"],
    ["Connection", random.oneIn(10) ? random.pick(values) : random.pick(["Upgrade", "keep-alive, Upgrade"])],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ["Sec-WebSocket-Version", "13"],
  ];
}

function pollingFields(random: Random, method: string): string[][] {
  const connection = random.oneIn(10) ? random.pick(values) : random.pick(["keep-alive", "Keep-Alive"]);
  const length = random.oneIn(10) ? random.pick(values) : String(random.below(random.pick([10, 2000])));
  return [
    ["Host", "localhost:5000"],
    ...(random.oneIn(3) ? [] : [["Connection", connection]]),
    ...(method === "POST" ? [["Content-Type", "text/plain;charset=UTF-8"]] : []),
    ...((method === "POST") === !random.oneIn(20) ? [["Content-Length", length]] : []),
    ["Cookie", "io=abc; other=x%20y"],
  ];
}

/** A head that is right, or nearly so. */
function head(random: Random): string {
  const ending = random.oneIn(40) ? random.pick(["\n", "\r", "\r\r\n", "\r\n\r\n"]) : "\r\n";
  const method = random.pick(["GET", "POST"]);
  const line = random.oneIn(4)
    ? url(random, method)
    : random.oneIn(8)
      ? random.pick(lines)
      : lines[0].replace("GET", method);
  const usual = random.oneIn(2) ? upgradeFields(random) : pollingFields(random, method);
  const fields = usual.filter(() => !random.oneIn(40));
  for (let count = random.below(4); count > 0; count -= 1)
    fields.splice(random.below(fields.length + 1), 0, [random.pick(names), random.pick(values)]);
  const separator = random.oneIn(30) ? random.pick([":", ":  ", " : ", ":\t", "", ";"]) : ": ";
  return [line, ...fields.map((field) => field.join(separator)), "", ""].join(ending);
}

/** Changes a head in a few places. */
function bent(random: Random, text: string): string {
  let changed = text;
  for (let count = random.below(3); count > 0; count -= 1) {
    const at = random.below(changed.length + 1);
    const end = Math.min(changed.length, at + random.below(3));
    changed = changed.slice(0, at) + (random.oneIn(3) ? "" : oddity(random)) + changed.slice(end);
  }
  return changed + (random.oneIn(5) ? random.bytes(random.below(20)).toString("latin1") : "");
}

/** Another head of the same client: often with the same fields, or nearly so. */
function following(random: Random, text: string): string {
  if (random.oneIn(4)) return bent(random, text);
  const length = String(random.below(random.pick([10, 2000])));
  return text.replace(/(content-length: ?)\d+/i, `$1${length}`).replace("/", `/${random.below(10)}`);
}

/** A head that is read without Node's parser must mean the same to that parser. */
export const requestHeads: DecoderTarget = {
  name: "request-head",
  generate(random) {
    const text = random.oneIn(3) ? head(random) : bent(random, head(random));
    return random.oneIn(2) ? [text] : [following(random, text), text];
  },
  check([message, before]) {
    const limits = { maxLength: 8192, maxFields: 64 };
    const bytes = Buffer.from(asText(message), "latin1");
    const own = readRequestHead(bytes, limits);
    if (before !== undefined) {
      const previous = readRequestHead(Buffer.from(asText(before), "latin1"), limits);
      demandEqual("read otherwise after another head", readRequestHead(bytes, limits, previous), own);
    }
    // Node gets the others.
    if (own === null) return `for Node ${bytes.length % 8}`;
    const { requests, length } = readAsNode(bytes, 2);
    const [request] = requests;
    if (request === undefined) throw new Violation("took what Node refuses");
    const { method, url, httpVersion, upgrade, headers } = request;
    demandEqual(
      "read otherwise than by Node",
      [own.method, own.url, own.headers, own.length, "1.1", own.bodyLength === null],
      [method, url, { ...headers }, length, httpVersion, upgrade],
    );
    if (own.bodyLength !== null) checkBody(bytes.subarray(0, own.length), own.bodyLength);
    return `taken ${Object.keys(own.headers).sort().join(" ")}`;
  },
};

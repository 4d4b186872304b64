/**
 * Reads the head of a request of Socket.IO's, as browsers and libraries write it, without Node's parser: one
 * for a WebSocket, or one of long polling.
 *
 *     GET /socket.io/?EIO=4&transport=websocket HTTP/1.1     POST /socket.io/?EIO=4&… HTTP/1.1
 *     Host: example.com                                      Host: example.com
 *     Upgrade: websocket                                     Connection: keep-alive
 *     Connection: Upgrade                                    Content-Length: 14
 *     …                                                      …
 *
 * It knows less than that parser on purpose. What it takes, the parser would take and read the same: a fuzz
 * compares the two. All else is the parser's, to be read or refused: parts of a head, bodies without a
 * length, a field that comes twice, characters that are not ordinary.
 */

/** The lines of the fields of a request, and what they mean. */
interface Fields {
  /** The lines as sent. */
  readonly lines: string;
  /** Header fields by lower-case name. */
  readonly headers: Record<string, string>;
  /** How many bytes follow the head that belong to the request; `null` where it asks for a WebSocket. */
  readonly bodyLength: number | null;
  /** Where the lines say so; -1 for nowhere. */
  readonly lengthAt: number;
}

/** The head of a request. */
export interface RequestHead extends Fields {
  readonly method: "GET" | "POST";
  /** Path and query as sent. */
  readonly url: string;
  /** How many bytes the head has. */
  readonly length: number;
}

/** What a server takes of a head. */
export interface HeadLimits {
  /** It is shorter than this, in bytes. */
  readonly maxLength: number;
  /** The most header fields; more of them Node drops. */
  readonly maxFields: number;
}

const version = " HTTP/1.1\r\n";
/** Printable ASCII but quotes, angle brackets, `#`, backslash, `^`, backtick and braces. */
const urlPattern = /^\/[!$-;=?-[\]_a-z|~]*$/;
const namePattern = /^[-0-9A-Za-z]+$/;
/** Printable ASCII, without spaces at the ends. */
const valuePattern = /^[!-~](?:[ -~]*[!-~])?$/;
/** More is Node's to read in pieces. */
const lengthPattern = /^\d{1,6}$/;

/** Of fields with these, Node's parser makes something else than a request without a body. */
const bodyFields = ["transfer-encoding", "expect", "trailer", "te", "proxy-connection"];

/**
 * Reads a head.
 *
 * @param bytes - all that has come so far; the head stands at its beginning
 * @param previous - the head of the last request on the same connection: most clients send the same fields
 *   each time
 * @returns `null` where it is for Node's parser
 */
export function readRequestHead(
  bytes: Buffer,
  { maxLength, maxFields }: HeadLimits,
  previous: RequestHead | null = null,
): RequestHead | null {
  const method = methodOf(bytes);
  if (method === null) return null;
  const end = bytes.indexOf("\r\n\r\n", 0, "latin1");
  if (end === -1 || end + 4 >= maxLength) return null;
  // Parts of a text keep all of it: not what stands behind the head.
  const text = bytes.toString("latin1", 0, end + 2);
  const lineEnd = text.indexOf("\r\n");
  const urlEnd = lineEnd + 2 - version.length;
  if (!text.startsWith(method) || !text.startsWith(version, urlEnd)) return null;
  const url = text.slice(method.length + 1, urlEnd);
  if (text.charCodeAt(method.length) !== 0x20 || !urlPattern.test(url)) return null;
  const lines = text.slice(lineEnd + 2);
  const fields =
    (previous?.method === method ? repeatedFields(lines, previous) : null) ??
    readFields(method, lines, maxFields);
  if (fields === null) return null;
  const { headers, bodyLength, lengthAt } = fields;
  return { method, url, length: end + 4, lines, headers, bodyLength, lengthAt };
}

/** Most other requests, and all of TLS, are told by two bytes: those of `G` or `P`, and `/`. */
function methodOf(bytes: Buffer): "GET" | "POST" | null {
  if (bytes[0] === 0x47 && bytes[4] === 0x2f) return "GET";
  return bytes[0] === 0x50 && bytes[5] === 0x2f ? "POST" : null;
}

/** The fields where the lines are those of a request before, but perhaps for the length of the body. */
function repeatedFields(lines: string, previous: Fields): Fields | null {
  if (lines === previous.lines) return previous;
  const { lengthAt: at, lines: before } = previous;
  if (at === -1) return null;
  const end = lines.indexOf("\r\n", at);
  const length = lines.slice(at, end);
  const isRepeated =
    lengthPattern.test(length) &&
    lines.slice(0, at) === before.slice(0, at) &&
    lines.slice(end) === before.slice(before.indexOf("\r\n", at));
  if (!isRepeated) return null;
  const headers = { ...previous.headers, "content-length": length };
  return { lines, headers, bodyLength: Number(length), lengthAt: at };
}

function readFields(method: string, lines: string, most: number): Fields | null {
  const headers: Record<string, string> = {};
  let lengthAt = -1;
  let count = 0;
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf("\r\n", at);
    const colon = lines.indexOf(":", at);
    if (colon === -1 || colon > end) return null;
    const name = lines.slice(at, colon);
    const start = lines.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1;
    const value = lines.slice(start, end);
    count += 1;
    if (count > most || !namePattern.test(name) || !valuePattern.test(value)) return null;
    const key = name.toLowerCase();
    // Not `Object.hasOwn`: names such as `constructor` are no client's.
    if (key in headers) return null;
    headers[key] = value;
    if (key === "content-length") lengthAt = start;
    at = end + 2;
  }
  const bodyLength = bodyLengthOf(method, headers);
  return bodyLength === undefined ? null : { lines, headers, bodyLength, lengthAt };
}

/**
 * How many bytes of a body follow a head; `null` where it asks for a WebSocket, `undefined` where it is
 * neither that nor a plain request.
 */
function bodyLengthOf(method: string, headers: Record<string, string>): number | null | undefined {
  const { host, upgrade, connection, "content-length": length } = headers;
  if (host === undefined || bodyFields.some((name) => headers[name] !== undefined)) return undefined;
  if (upgrade !== undefined) return asksForWebSocket(method, headers) ? null : undefined;
  if (connection !== undefined && !/^(?:keep-alive|close)$/i.test(connection)) return undefined;
  if (method === "GET") return length === undefined ? 0 : undefined;
  return length !== undefined && lengthPattern.test(length) ? Number(length) : undefined;
}

/** Whether the fields are those of a request for a WebSocket and nothing else. */
function asksForWebSocket(method: string, headers: Record<string, string>): boolean {
  const { upgrade, connection, "content-length": length } = headers;
  return (
    method === "GET" &&
    length === undefined &&
    upgrade?.toLowerCase() === "websocket" &&
    connection !== undefined &&
    /^(?:keep-alive, ?)?upgrade$/i.test(connection)
  );
}

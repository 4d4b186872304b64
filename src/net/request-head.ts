/**
 * Reads the head of a request of Socket.IO's, as browsers and libraries write it, without Node's parser: one
 * for a WebSocket, or one of long polling.
 *
 *     GET /socket.io/?EIO=4&transport=websocket HTTP/1.1     POST /socket.io/?EIO=4&transport=polling&sid=… HTTP/1.1
 *     Host: example.com                                      Host: example.com
 *     Upgrade: websocket                                     Connection: keep-alive
 *     Connection: Upgrade                                    Content-Length: 14
 *     …                                                      …
 *
 * It knows less than that parser on purpose. What it takes, the parser would take and read the same: a fuzz
 * compares the two. All else is the parser's, to be read or refused: parts of a head, bodies without a
 * length, a field that comes twice, characters that are not ordinary.
 */

/** The head of a request. */
export interface RequestHead {
  readonly method: "GET" | "POST";
  /** Path and query as sent. */
  readonly url: string;
  /** Header fields by lower-case name. */
  readonly headers: Record<string, string>;
  /** How many bytes the head has. */
  readonly length: number;
  /** How many bytes follow it that belong to the request; `null` where it asks for a WebSocket. */
  readonly bodyLength: number | null;
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
 * @returns `null` where it is for Node's parser
 */
export function readRequestHead(bytes: Buffer, { maxLength, maxFields }: HeadLimits): RequestHead | null {
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
  const headers = readFields(text, lineEnd + 2, maxFields);
  if (headers === null) return null;
  const bodyLength = bodyLengthOf(method, headers);
  return bodyLength === undefined ? null : { method, url, headers, length: end + 4, bodyLength };
}

/** Most other requests, and all of TLS, are told by two bytes: those of `G` or `P`, and `/`. */
function methodOf(bytes: Buffer): "GET" | "POST" | null {
  if (bytes[0] === 0x47 && bytes[4] === 0x2f) return "GET";
  return bytes[0] === 0x50 && bytes[5] === 0x2f ? "POST" : null;
}

/** Reads the lines from a place on. */
function readFields(text: string, from: number, most: number): Record<string, string> | null {
  const headers: Record<string, string> = {};
  let count = 0;
  for (let at = from; at < text.length; ) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (colon === -1 || colon > end) return null;
    const name = text.slice(at, colon);
    const value = text.slice(text.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1, end);
    count += 1;
    if (count > most || !namePattern.test(name) || !valuePattern.test(value)) return null;
    const key = name.toLowerCase();
    // Not `Object.hasOwn`: names such as `constructor` are no client's.
    if (key in headers) return null;
    headers[key] = value;
    at = end + 2;
  }
  return headers;
}

/**
 * How many bytes of a body follow a head; `null` where it asks for a WebSocket, `undefined` where it is
 * neither that nor a plain request.
 */
function bodyLengthOf(method: "GET" | "POST", headers: Record<string, string>): number | null | undefined {
  const { host, upgrade, connection, "content-length": length } = headers;
  if (host === undefined || bodyFields.some((name) => headers[name] !== undefined)) return undefined;
  if (upgrade !== undefined) return asksForWebSocket(method, headers) ? null : undefined;
  if (connection !== undefined && connection.toLowerCase() !== "keep-alive") return undefined;
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

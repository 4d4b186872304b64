/**
 * Reads the head of a request for a WebSocket, as browsers and libraries write it, without Node's parser:
 *
 *     GET /socket.io/?EIO=4&transport=websocket HTTP/1.1
 *     Host: example.com
 *     Upgrade: websocket
 *     Connection: Upgrade
 *     …
 *
 * It knows less than that parser on purpose. What it takes, the parser would take and read the same: a fuzz
 * compares the two. All else is the parser's, to be read or refused: parts of a head, bodies, a field that
 * comes twice, characters that are not ordinary.
 */

/** A request for a WebSocket. */
export interface UpgradeHead {
  /** Path and query as sent. */
  readonly url: string;
  /** Header fields by lower-case name. */
  readonly headers: Record<string, string>;
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

const start = "GET /";
const version = " HTTP/1.1\r\n";
/** Printable ASCII but quotes, angle brackets, `#`, backslash, `^`, backtick and braces. */
const urlPattern = /^\/[!$-;=?-[\]_a-z|~]*$/;
const namePattern = /^[-0-9A-Za-z]+$/;
/** Printable ASCII, without spaces at the ends. */
const valuePattern = /^[!-~](?:[ -~]*[!-~])?$/;

/** Of fields with these, Node's parser makes something else than a request without a body. */
const bodyFields = ["content-length", "transfer-encoding", "expect", "trailer", "te", "proxy-connection"];

/**
 * Reads a head.
 *
 * @param bytes - all that has come so far; the head stands at its beginning
 * @returns `null` where it is for Node's parser
 */
export function readUpgradeHead(bytes: Buffer, { maxLength, maxFields }: HeadLimits): UpgradeHead | null {
  // Most other requests, and all of TLS, are told by these bytes: those of `G` and `/`.
  if (bytes[0] !== 0x47 || bytes[4] !== 0x2f) return null;
  const end = bytes.indexOf("\r\n\r\n", 0, "latin1");
  if (end === -1 || end + 4 >= maxLength) return null;
  // Parts of a text keep all of it: not what stands behind the head.
  const text = bytes.toString("latin1", 0, end + 2);
  const lineEnd = text.indexOf("\r\n");
  const urlEnd = lineEnd + 2 - version.length;
  if (!text.startsWith(start) || !text.startsWith(version, urlEnd)) return null;
  const url = text.slice(start.length - 1, urlEnd);
  if (!urlPattern.test(url)) return null;
  const headers = readFields(text, lineEnd + 2, maxFields);
  return headers === null || !asksForWebSocket(headers) ? null : { url, headers, length: end + 4 };
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

/** Whether the fields are those of a request for a WebSocket and nothing else. */
function asksForWebSocket(headers: Record<string, string>): boolean {
  const { host, upgrade, connection } = headers;
  return (
    host !== undefined &&
    upgrade?.toLowerCase() === "websocket" &&
    connection !== undefined &&
    /^(?:keep-alive, ?)?upgrade$/i.test(connection) &&
    bodyFields.every((name) => headers[name] === undefined)
  );
}

/**
 * The negotiation of `permessage-deflate` (RFC 7692 §7.1): what a client offers, and what a server answers.
 * Roomcast agrees only to messages that are compressed each by itself, in both directions. Then one
 * compressed message serves all its receivers, and a connection keeps no compressor.
 */

/** What both sides have agreed upon. */
export interface DeflateAgreement {
  /** The field `sec-websocket-extensions` of the answer. */
  readonly answer: string;
  /** How far back compressed data may refer, as a power of two: 8 to 15. */
  readonly windowBits: number;
}

/** The parameters of one offer by name; a parameter without a value has `true`. */
type Parameters = ReadonlyMap<string, string | true>;

interface Offer {
  readonly extension: string;
  /** `null` where a name occurs twice. */
  readonly parameters: Parameters | null;
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
/** A name, perhaps with a value, and what follows: `;`, `,` or the end (RFC 6455 §9.1). */
const itemPattern = new RegExp(
  `[ \\t]*(?:(${token})[ \\t]*(?:=[ \\t]*(?:(${token})|"((?:[^"\\\\]|\\\\.)*)")[ \\t]*)?)?([;,]|$)`,
  "y",
);
const wholeToken = new RegExp(`^${token}$`);
const windowPattern = /^(?:[89]|1[0-5])$/;
const longestWindow = 15;

/**
 * Chooses among the offers of a client.
 *
 * @param field - its field `sec-websocket-extensions`; several are joined by commas
 * @returns the agreement; `"declined"` where no offer can be accepted, and `"malformed"` where the field is
 *   not as RFC 6455 §9.1 has it
 */
export function agreeOnDeflate(field: string): DeflateAgreement | "declined" | "malformed" {
  const offers = readOffers(field);
  if (offers === null) return "malformed";
  for (const { extension, parameters } of offers) {
    if (extension !== "permessage-deflate" || parameters === null || !areValid(parameters)) continue;
    const window = parameters.get("server_max_window_bits");
    const answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    if (window === undefined) return { answer, windowBits: longestWindow };
    return { answer: `${answer}; server_max_window_bits=${window}`, windowBits: Number(window) };
  }
  return "declined";
}

/** Whether an offer is one that RFC 7692 §7.1 knows; any other has to be declined. */
function areValid(parameters: Parameters): boolean {
  for (const [name, value] of parameters) {
    switch (name) {
      case "server_no_context_takeover":
      case "client_no_context_takeover":
        if (value !== true) return false;
        break;
      case "server_max_window_bits":
        if (value === true || !windowPattern.test(value)) return false;
        break;
      case "client_max_window_bits":
        if (value !== true && !windowPattern.test(value)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

function readOffers(field: string): Offer[] | null {
  const offers: Offer[] = [];
  let extension: string | null = null;
  let parameters: Map<string, string | true> | null = new Map();
  itemPattern.lastIndex = 0;
  for (;;) {
    const item = itemPattern.exec(field);
    if (item === null) return null;
    const [, name, plain, quoted, end] = item;
    const value = plain ?? unquoted(quoted);
    if (value === null) return null;
    if (extension === null) {
      // An element of the list may be empty, but has no parameters then; nor has an extension a value.
      if (name === undefined ? end === ";" : value !== undefined) return null;
      extension = name ?? null;
    } else if (name === undefined) {
      return null;
    } else if (parameters?.has(name) === true) {
      parameters = null;
    } else {
      parameters?.set(name, value ?? true);
    }
    if (end === ";") continue;
    if (extension !== null) offers.push({ extension, parameters });
    if (end !== ",") return offers;
    extension = null;
    parameters = new Map();
  }
}

/** The text between quotation marks; `null` where it is no token, as it has to be. */
function unquoted(quoted: string | undefined): string | null | undefined {
  if (quoted === undefined) return undefined;
  const text = quoted.replaceAll(/\\(.)/g, "$1");
  return wholeToken.test(text) ? text : null;
}

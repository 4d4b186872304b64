/**
 * Whose request it is where proxies stand before the server. What a proxy says in `X-Forwarded-For` is believed as far as
 * the proxies are known; what a client wrote there itself is not. So are the protocol and the host that the client used
 * (`X-Forwarded-Proto`, `X-Forwarded-Host`).
 *
 *     X-Forwarded-For: 198.51.100.9, 203.0.113.7, 10.0.0.2     from 10.0.0.1
 *                      made up       the client   ← trusted       trusted
 */

import { BlockList, isIP } from "node:net";
import type { EngineRequest } from "../ports.ts";

/** How a list names what comes through a Unix socket, which has no address. */
const unixSocket = "unix:";

/**
 * The proxies that are believed: how many stand before the server, or their addresses and networks (CIDR), and `"unix:"` for
 * what comes through a Unix socket.
 */
export type TrustedProxies = number | readonly string[];

/** Whether a value names proxies. */
export function isTrustedProxies(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((entry) => typeof entry === "string" && isNetwork(entry));
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether any proxy is believed. */
export function namesProxies(trusted: TrustedProxies): boolean {
  return typeof trusted === "number" ? trusted > 0 : trusted.length > 0;
}

/** The proxies before one server. */
export class ProxyChain {
  readonly #count: number;
  readonly #known: BlockList | null;
  /** Whether what has no address comes from a proxy. */
  readonly #trustsUnixSocket: boolean;

  constructor(trusted: TrustedProxies) {
    this.#count = typeof trusted === "number" ? trusted : 0;
    this.#known = typeof trusted === "number" ? null : blockListOf(trusted);
    this.#trustsUnixSocket = typeof trusted !== "number" && trusted.includes(unixSocket);
  }

  /** The request as the client sent it to the first of the proxies. */
  see(request: EngineRequest): EngineRequest {
    if (!this.#trusts(request.address, 0)) return request;
    const hops = listOf(request.headers["x-forwarded-for"]);
    let address = request.address;
    let trusted = 0;
    for (; trusted < hops.length && this.#trusts(address, trusted); trusted += 1) {
      const hop = plainAddress(hops[hops.length - 1 - trusted] ?? "");
      if (isIP(hop) === 0) break;
      address = hop;
    }
    const protocol = wordOfFirst(listOf(request.headers["x-forwarded-proto"]), trusted);
    const host = wordOfFirst(listOf(request.headers["x-forwarded-host"]), trusted);
    return new ForwardedRequest(
      request,
      address,
      // For a WebSocket some proxies name its own scheme.
      protocol === undefined ? request.secure : protocol === "https" || protocol === "wss",
      host,
    );
  }

  /** Whether what an address says of the one before it is believed; `index` is how many proxies are behind it. */
  #trusts(address: string, index: number): boolean {
    if (this.#known === null) return index < this.#count;
    if (address === "") return this.#trustsUnixSocket;
    const plain = plainAddress(address);
    const family = isIP(plain);
    return family !== 0 && this.#known.check(plain, family === 4 ? "ipv4" : "ipv6");
  }
}

/** A request that came through a proxy. */
class ForwardedRequest implements EngineRequest {
  readonly address: string;
  readonly secure: boolean;
  readonly host: string | undefined;
  readonly #request: EngineRequest;

  constructor(request: EngineRequest, address: string, secure: boolean, host: string | undefined) {
    this.#request = request;
    this.address = address;
    this.secure = secure;
    this.host = host;
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.url;
  }

  get path(): string {
    return this.#request.path;
  }

  get query(): URLSearchParams {
    return this.#request.query;
  }

  get headers(): EngineRequest["headers"] {
    return this.#request.headers;
  }
}

/**
 * What of an address belongs to one subscriber: the address itself, or of IPv6 its first 64 bits, of which everybody has
 * as many addresses as they like (RFC 4291 §2.5.1). An address of IPv4 in one of IPv6 is that address of IPv4.
 */
export function subscriberOf(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  const groups = groupsOf(plain);
  return embeddedAddress(groups) ?? hexadecimal(groups.slice(0, 4));
}

/** The IPv6 network of 48 bits that an address belongs to, as large as one site has it; `undefined` for IPv4. */
export function networkOf(address: string): string | undefined {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return undefined;
  const groups = groupsOf(plain);
  return embeddedAddress(groups) === undefined ? hexadecimal(groups.slice(0, 3)) : undefined;
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = "", tail] = (address.split("%", 1)[0] ?? "").split("::");
  const before = partsOf(head);
  if (tail === undefined) return before;
  const after = partsOf(tail);
  return [...before, ...new Array<number>(Math.max(8 - before.length - after.length, 0)).fill(0), ...after];
}

/** Groups as they are written; the last two may be written as an address of IPv4. */
function partsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** What the first 96 bits of addresses are in which the rest is an address of IPv4. */
const embeddings = [
  // As it is (RFC 4291 §2.5.5.2), and translated without a state (RFC 2765 §2.1).
  "0:0:0:0:0:ffff",
  "0:0:0:0:ffff:0",
  // Through NAT64 (RFC 6052 §2.1): behind one prefix stands all of IPv4.
  "64:ff9b:0:0:0:0",
];

/** The address of IPv4 that one of IPv6 stands for. */
function embeddedAddress(groups: readonly number[]): string | undefined {
  if (!embeddings.includes(hexadecimal(groups.slice(0, 6)))) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

function hexadecimal(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

/** An address without port, brackets and the prefix of IPv4 inside of IPv6. */
function plainAddress(address: string): string {
  let plain = address;
  if (plain.startsWith("[")) plain = plain.slice(1, Math.max(plain.indexOf("]"), 1));
  else if (/^[\d.]+:\d+$/.test(plain)) plain = plain.slice(0, plain.indexOf(":"));
  return /^::ffff:[\d.]+$/i.test(plain) ? plain.slice(7) : plain;
}

/**
 * What the first of the proxies that are known says. Each adds what it was asked for, or replaces what came; what stands before that,
 * clients and strangers have written.
 */
function wordOfFirst(words: readonly string[], trusted: number): string | undefined {
  return words[Math.max(words.length - Math.max(trusted, 1), 0)];
}

function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(",") : (header ?? "");
  return text === "" ? [] : text.split(",").map((entry) => entry.trim());
}

function isNetwork(entry: string): boolean {
  if (entry === unixSocket) return true;
  const [address = "", bits, ...rest] = entry.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of networks) {
    if (entry === unixSocket) continue;
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * Whose request it is where proxies stand before the server. What a proxy says in `X-Forwarded-For` is believed as far as
 * the proxies are known; what a client wrote there itself is not. So are the protocol and the host that the client used
 * (`X-Forwarded-Proto`, `X-Forwarded-Host`).
 *
 *     X-Forwarded-For: 198.51.100.9, 203.0.113.7, 10.0.0.2     from 10.0.0.1
 *                      made up       the client   ← trusted       trusted
 */

import { BlockList, isIP } from "node:net";
import type { EngineRequest } from "./ports.ts";

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
    const protocol = listOf(request.headers["x-forwarded-proto"]).at(-1);
    // Each proxy adds what it was asked for, or replaces what came: what the first of those that are known has seen counts.
    const hosts = listOf(request.headers["x-forwarded-host"]);
    const host = hosts[Math.max(hosts.length - Math.max(trusted, 1), 0)];
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
 * as many addresses as they like (RFC 4291 §2.5.1).
 */
export function subscriberOf(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [head = "", tail] = (plain.split("%", 1)[0] ?? "").split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? 0 : tail.split(":").length;
    while (groups.length + after < 8) groups.push("0");
    if (tail !== "") groups.push(...tail.split(":"));
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

/** An address without port, brackets and the prefix of IPv4 inside of IPv6. */
function plainAddress(address: string): string {
  let plain = address;
  if (plain.startsWith("[")) plain = plain.slice(1, Math.max(plain.indexOf("]"), 1));
  else if (/^[\d.]+:\d+$/.test(plain)) plain = plain.slice(0, plain.indexOf(":"));
  return /^::ffff:[\d.]+$/i.test(plain) ? plain.slice(7) : plain;
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

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
import { plainAddress } from "./ip-address.ts";

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

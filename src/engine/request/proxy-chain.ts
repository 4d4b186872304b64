/**
 * Finds the client of a request that came through proxies. `X-Forwarded-For` is believed as far back as the
 * proxies are known; a client can write anything before that. The same holds for `X-Forwarded-Proto` and
 * `X-Forwarded-Host`.
 *
 *     X-Forwarded-For: 198.51.100.9, 203.0.113.7, 10.0.0.2     from 10.0.0.1
 *                      made up       the client   ← trusted       trusted
 */

import { BlockList, isIP } from "node:net";
import type { EngineRequest } from "../ports.ts";
import { plainAddress } from "./ip-address.ts";

/** The entry of a list for requests through a Unix socket, which have no address. */
const unixSocket = "unix:";

/** The proxies to believe: addresses, networks (CIDR), and `"unix:"` for requests through a Unix socket. */
export type TrustedProxies = readonly string[];

/** Whether a value names proxies. */
export function isTrustedProxies(value: unknown): value is TrustedProxies {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string" && isNetwork(entry));
}

/** The proxies in front of one server. */
export class ProxyChain {
  readonly #networks: BlockList;
  readonly #trustsUnixSocket: boolean;
  /** The latest trusted peer. One proxy sends most requests, and a look into the list takes microseconds. */
  #latestPeer: string | null = null;

  constructor(trusted: TrustedProxies) {
    this.#networks = blockListOf(trusted);
    this.#trustsUnixSocket = trusted.includes(unixSocket);
  }

  /** The request as the client sent it to the first of the proxies. */
  see(request: EngineRequest): EngineRequest {
    if (!this.#trustsPeer(request.address)) return request;
    const hops = listOf(request.headers["x-forwarded-for"]);
    let { address } = request;
    let trusted = 0;
    while (trusted < hops.length && (trusted === 0 || this.#trusts(address))) {
      const hop = plainAddress(hops[hops.length - 1 - trusted] ?? "");
      if (isIP(hop) === 0) break;
      address = hop;
      trusted += 1;
    }
    const protocol = wordOfFirst(listOf(request.headers["x-forwarded-proto"]), trusted);
    const host = wordOfFirst(listOf(request.headers["x-forwarded-host"]), trusted);
    return new ForwardedRequest(
      request,
      address,
      // Some proxies write the scheme of the WebSocket.
      protocol === undefined ? request.secure : protocol === "https" || protocol === "wss",
      host,
    );
  }

  #trustsPeer(address: string): boolean {
    if (address === this.#latestPeer) return true;
    if (!this.#trusts(address)) return false;
    this.#latestPeer = address;
    return true;
  }

  /** Whether an address is a proxy's, so that the address before it is believed. */
  #trusts(address: string): boolean {
    if (address === "") return this.#trustsUnixSocket;
    const plain = plainAddress(address);
    const family = isIP(plain);
    return family !== 0 && this.#networks.check(plain, family === 4 ? "ipv4" : "ipv6");
  }
}

/** The proxies that a server believes; `null` where there are none. */
export function proxyChain(trusted: TrustedProxies): ProxyChain | null {
  return trusted.length === 0 ? null : new ProxyChain(trusted);
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
 * The entry that the first trusted proxy wrote. Each proxy appends an entry or replaces the field; a client
 * may have written everything before those.
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

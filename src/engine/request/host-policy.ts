/**
 * Which hosts requests may name. A page of a stranger can give this machine a name of its own (DNS
 * rebinding), and is of the server's own origin then, but it cannot keep its browser from sending that name
 * as `Host`. Addresses and `localhost` are no stranger's.
 */

import { isIP } from "node:net";
import type { EngineRequest } from "../ports.ts";

/**
 * The hosts that clients may ask for, besides `localhost` and addresses: a name, `".example.com"` for that
 * one and all below it, a list of both, or `"*"` for all.
 */
export type AllowedHosts = "*" | string | readonly string[];

/** Whether a value names hosts. */
export function isAllowedHosts(value: unknown): value is AllowedHosts | null {
  if (value === null) return true;
  const entries: unknown[] = [value].flat();
  return entries.every((entry) => typeof entry === "string" && (entry === "*" || isName(entry)));
}

/** Decides over the hosts of requests. */
export class HostPolicy {
  /**
   * Names that are allowed wherever the server listens; `null` where the rule is about servers of one
   * machine.
   */
  readonly #names: readonly string[] | null;
  /** What most requests name. */
  #known = "";

  /**
   * @param allowed - the hosts; `null` for `localhost` and addresses, where a server listens on loopback
   * addresses alone
   */
  constructor(allowed: AllowedHosts | null) {
    this.#names = allowed === null ? null : [allowed].flat().map(settled);
  }

  /** Whether the application has listed them. */
  get hasList(): boolean {
    return this.#names !== null;
  }

  /**
   * Whether a request may be answered. One without a host comes from no browser.
   *
   * @param request - the request
   * @param carrier - what it came by
   */
  allows(request: EngineRequest, carrier: { readonly listensOnLoopback: boolean }): boolean {
    const host = request.host ?? request.headers.host;
    if (host === this.#known || typeof host !== "string") return true;
    const name = nameOf(host);
    if (!isNobodys(name) && !this.#lists(name)) return this.#names === null && !carrier.listensOnLoopback;
    this.#known = host;
    return true;
  }

  #lists(name: string): boolean {
    return this.#names?.some((entry) => matches(entry, name)) === true;
  }
}

/** Whether the servers of a policy have to look at hosts at all. */
export function hostPolicy(allowed: AllowedHosts | null, hasProxies: boolean): HostPolicy | null {
  // Behind a proxy, what listens to others is the proxy.
  if (allowed === null && hasProxies) return null;
  return allowed !== null && [allowed].flat().includes("*") ? null : new HostPolicy(allowed);
}

/**
 * Whether a name is that of this machine for everybody, or an address: no page can have it from a stranger.
 */
function isNobodys(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isIP(name) !== 0;
}

function matches(entry: string, name: string): boolean {
  return entry.startsWith(".") ? name.endsWith(entry) || name === entry.slice(1) : name === entry;
}

/** The name or address in a field `Host`, without its port. */
function nameOf(host: string): string {
  if (host.startsWith("[")) return host.slice(1, Math.max(host.indexOf("]"), 1));
  const colon = host.indexOf(":");
  // Some programs send an address of IPv6 without its brackets.
  if (host.includes(":", colon + 1)) return isIP(host) === 0 ? host.slice(0, host.lastIndexOf(":")) : host;
  const name = (colon === -1 ? host : host.slice(0, colon)).toLowerCase();
  // The dot at the end only says that the name is complete.
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** Whether a text is a name of hosts, without a scheme, a port or a path. */
function isName(text: string): boolean {
  const name = text.startsWith(".") ? text.slice(1) : text;
  return /^[^\s/:?#@*\\]+$/.test(name) && !name.startsWith(".") && URL.canParse(`http://${name}`);
}

/** A name as browsers send it. */
function settled(entry: string): string {
  const isDomain = entry.startsWith(".");
  const name = nameOf(new URL(`http://${isDomain ? entry.slice(1) : entry}`).host);
  return isDomain ? `.${name}` : name;
}

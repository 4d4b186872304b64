/** IP addresses as requests name them, and which of them belong to the same client or site. */

import { isIP } from "node:net";

/** An address without port, brackets and the prefix of an IPv4 address inside IPv6 (`::ffff:`). */
export function plainAddress(address: string): string {
  let plain = address;
  if (plain.startsWith("[")) plain = plain.slice(1, Math.max(plain.indexOf("]"), 1));
  else if (/^[\d.]+:\d+$/.test(plain)) plain = plain.slice(0, plain.indexOf(":"));
  return /^::ffff:[\d.]+$/i.test(plain) ? plain.slice(7) : plain;
}

/**
 * The part of an address that belongs to one subscriber: all of an IPv4 address, the first 64 bits of an IPv6
 * address. A subscriber can choose the other 64 bits freely (RFC 4291 §2.5.1). An IPv4 address inside IPv6
 * counts as IPv4.
 */
export function subscriberOf(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  const groups = groupsOf(plain);
  return embeddedAddress(groups) ?? groups.slice(0, 4).join(":");
}

/** The first 48 bits of an IPv6 address, the usual network of one site; `undefined` for IPv4. */
export function networkOf(address: string): string | undefined {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return undefined;
  const groups = groupsOf(plain);
  return embeddedAddress(groups) === undefined ? groups.slice(0, 3).join(":") : undefined;
}

/** The eight groups of an IPv6 address, in hexadecimal without leading zeros. */
function groupsOf(address: string): string[] {
  const [plain = ""] = address.split("%", 1);
  // The URL parser normalizes the groups and rewrites an IPv4 ending; only "::" is left to expand.
  const { hostname } = new URL(`http://[${plain}]`);
  const [head = "", tail] = hostname.slice(1, -1).split("::");
  const before = head.split(":").filter(Boolean);
  if (tail === undefined) return before;
  const after = tail.split(":").filter(Boolean);
  return [...before, ...new Array<string>(8 - before.length - after.length).fill("0"), ...after];
}

/** The first 96 bits of IPv6 addresses whose last 32 bits are an IPv4 address. */
const embeddings = [
  // IPv4-mapped (RFC 4291 §2.5.5.2), and IPv4-translated (RFC 2765 §2.1).
  "0:0:0:0:0:ffff",
  "0:0:0:0:ffff:0",
  // NAT64 (RFC 6052 §2.1): all of IPv4 is behind one prefix.
  "64:ff9b:0:0:0:0",
];

/** The IPv4 address inside an IPv6 address, if there is one. */
function embeddedAddress(groups: readonly string[]): string | undefined {
  if (!embeddings.includes(groups.slice(0, 6).join(":"))) return undefined;
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join(".");
}

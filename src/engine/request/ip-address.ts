/** IP addresses as requests name them, and which of them belong to the same client or site. */

import { isIP } from "node:net";

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
export function plainAddress(address: string): string {
  let plain = address;
  if (plain.startsWith("[")) plain = plain.slice(1, Math.max(plain.indexOf("]"), 1));
  else if (/^[\d.]+:\d+$/.test(plain)) plain = plain.slice(0, plain.indexOf(":"));
  return /^::ffff:[\d.]+$/i.test(plain) ? plain.slice(7) : plain;
}

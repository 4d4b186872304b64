/** Addresses that other machines do not reach. */

/**
 * Whether a server that listens at an address is reached from this machine alone. A Unix socket is not meant:
 * no browser knows those, and a program that uses one stands in front of the server.
 *
 * @param address - as a server tells it; `null` where it does not listen
 */
export function isLoopback(address: { readonly address: string } | string | null | undefined): boolean {
  if (typeof address !== "object" || address === null) return false;
  const { address: text } = address;
  return text === "::1" || text.startsWith("127.") || text.startsWith("::ffff:127.");
}

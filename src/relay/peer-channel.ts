/**
 * How processes speak HTTP to each other: TLS with a key that both know and no certificate (RFC 4279, RFC
 * 5489), which encrypts and proves to each side that the other has the key.
 */

import type { TlsOptions } from "node:tls";

/** Where a process takes requests from its peers. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  /** A key of that process, at least 16 bytes: a peer with the key may speak to it. */
  readonly key: Uint8Array;
  /** The name of the key. By default that of a process's only one. */
  readonly identity?: string;
}

/** A key under which a process takes requests. */
export interface PeerKey {
  readonly identity: string;
  readonly key: Uint8Array;
}

/** The name of a process's only key: the name does not matter, only the key does. */
export const onlyKey = "roomcast";

/** Suites with a shared key and forward secrecy. Those of TLS 1.3 would need a certificate in Node. */
const common = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305:ECDHE-PSK-AES256-CBC-SHA384",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
} as const satisfies TlsOptions;

/** What a server of peers takes. */
export function serverChannel(keys: readonly PeerKey[]): TlsOptions {
  return {
    ...common,
    pskCallback: (_socket, name) => keys.find(({ identity }) => identity === name)?.key ?? null,
  };
}

/** What a request to a peer takes. */
export function clientChannel({ host, port, key, identity = onlyKey }: PeerAddress) {
  return {
    ...common,
    host,
    port,
    pskCallback: () => ({ identity, psk: key }),
    // There is no certificate whose name could be compared: without the key there is no connection at all.
    checkServerIdentity: () => undefined,
  };
}

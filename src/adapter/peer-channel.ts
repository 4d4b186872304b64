/**
 * How processes speak HTTP to each other: TLS with a key that both know and no certificate (RFC 4279, RFC 5489), which
 * encrypts and shows each side that the other is who it should be.
 */

import type { TlsOptions } from "node:tls";

/** Where a process takes requests from its peers. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  /** The key of that process, at least 16 bytes: whoever has it may speak to it. */
  readonly key: Uint8Array;
}

/** The name under which every peer presents its key: who it is does not matter, only that it has the key. */
const identity = "roomcast";

/** Suites with a shared key and forward secrecy. Those of TLS 1.3 would need a certificate in Node. */
const common = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305:ECDHE-PSK-AES256-CBC-SHA384",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
} as const satisfies TlsOptions;

/** What a server of peers takes. */
export function serverChannel(key: Uint8Array): TlsOptions {
  return { ...common, pskCallback: (_socket, name) => (name === identity ? key : null) };
}

/** What a request to a peer takes. */
export function clientChannel({ host, port, key }: PeerAddress) {
  return {
    ...common,
    host,
    port,
    pskCallback: () => ({ identity, psk: key }),
    // There is no certificate whose name could be compared: without the key there is no connection at all.
    checkServerIdentity: () => undefined,
  };
}

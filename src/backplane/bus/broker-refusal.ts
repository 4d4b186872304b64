/** Refusals that trying again does not change: wrong credentials, missing rights, certificates. */

import { RoomcastError } from "../../base/errors.ts";

/** OpenSSL's codes for a broker that wants another certificate of this process, or any. */
const ownCertificateErrors: ReadonlySet<unknown> = new Set([
  "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
  "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
  "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
  "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
]);

/** OpenSSL's codes for a certificate that this process does not trust. */
const certificateErrors: ReadonlySet<unknown> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/**
 * The error for a broker that refuses to serve this process.
 *
 * @param broker - the name
 * @param why - the broker's own words
 * @param advice - the next step for the operator
 */
export function brokerRefusal(broker: string, why: string, advice: string, cause: unknown): RoomcastError {
  const reason = why.replace(/\.$/, "");
  return new RoomcastError("ERR_MESSAGE_QUEUE", `${broker} refuses this process: ${reason}. ${advice}`, {
    cause,
  });
}

/** The error for a certificate that is not trusted; `null` where the error is another one. */
export function certificateRefusal(broker: string, error: unknown): RoomcastError | null {
  const own = causes(error).find(({ code }) => ownCertificateErrors.has(code));
  if (own !== undefined) {
    const advice =
      "Give it one that it trusts, with its key: messageQueue: { url, tls: { cert, key } }, with the contents of the files.";
    return brokerRefusal(
      broker,
      `it does not accept the certificate of this process (${own.code})`,
      advice,
      error,
    );
  }
  const found = causes(error).find(({ code }) => certificateErrors.has(code));
  if (found === undefined) return null;
  const advice =
    found.code === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? "Use a host name in the URL of the messageQueue that its certificate names."
      : "Name the file of the authority's certificate in the environment variable NODE_EXTRA_CA_CERTS, or give its contents: messageQueue: { url, tls: { ca } }.";
  return brokerRefusal(broker, `its certificate is not trusted (${found.message})`, advice, error);
}

/** An error and those behind it. */
function causes(error: unknown): (Error & { readonly code?: unknown })[] {
  const found: Error[] = [];
  for (let at = error; at instanceof Error && found.length < 10; at = at.cause) found.push(at);
  return found;
}

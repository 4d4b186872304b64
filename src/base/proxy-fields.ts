/** Header fields of requests that a proxy, a tunnel or a content delivery network passes on. */

/** Each of the usual ones sends at least one of these, unless it was told not to. In lower case. */
const fields = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-server",
  "x-real-ip",
  "x-client-ip",
  "x-original-host",
  "true-client-ip",
  "cf-connecting-ip",
  "cf-ray",
] as const;

/**
 * Whether a proxy has passed a request on.
 *
 * @param hasField - whether the request has a header field of a name in lower case
 */
export function isPassedOn(hasField: (name: string) => boolean): boolean {
  return fields.some(hasField);
}

/** Names in header fields. */

/** A token (RFC 9110 §5.6.2), which every name of a header field or cookie is. */
const token = /^[\w!#$%&'*+\-.^`|~]+$/;

/** Whether a value is the name of a header field or cookie. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && token.test(value);
}

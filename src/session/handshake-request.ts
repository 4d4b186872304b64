/** The handshake's request in the forms that session libraries read. It knows no library. */
import { parseCookie } from "cookie";
import type { SessionRequest } from "./http-session.ts";

/** The Cookie header, as one line. */
export function cookieHeader(request: SessionRequest): string | undefined {
  const header = request.headers.cookie;
  return typeof header === "object" ? header.join("; ") : header;
}

/** The decoded value of one cookie. */
export function cookieNamed(request: SessionRequest, name: string): string | undefined {
  return parseCookie(cookieHeader(request) ?? "")[name];
}

/** See {@link handshakeRequest}. */
export type HandshakeRequest = ReturnType<typeof handshakeRequest>;

/**
 * A stand-in for the request object of `node:http` and of the frameworks on it, with what session libraries
 * and the functions in their options (`genid`, `valid`, …) look at. Libraries write to it, not to the
 * runtime's own object, and it does not keep that object alive; it serves clients that have none, too.
 */
export function handshakeRequest(request: SessionRequest) {
  const { url, secure, address } = request;
  const cookie = cookieHeader(request);
  const socket = { encrypted: secure, remoteAddress: address };
  return {
    method: "GET",
    url,
    originalUrl: url,
    headers: cookie === request.headers.cookie ? request.headers : { ...request.headers, cookie },
    protocol: secure ? "https" : "http",
    secure,
    ip: address,
    socket,
    connection: socket,
  };
}

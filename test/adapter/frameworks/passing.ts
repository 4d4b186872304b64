/** A request that passes a chain, without a server. */

import type { PassingRequest } from "../../../src/adapter/frameworks/request-chain.ts";
import { HttpRequest } from "../../../src/adapter/http-request.ts";

/** A request over HTTP/2, say, of which the runtime has no object. */
export function passing(
  headers: Record<string, string> = {},
): PassingRequest & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const request = new HttpRequest(
    "GET",
    "/socket.io/?EIO=4",
    { host: "example.com", ...headers },
    "::1",
    true,
  );
  return { request, raw: undefined, errors, report: (error) => errors.push(error) };
}

/** The text of an answer. */
export function textOf(result: object): string {
  return "response" in result ? String((result.response as { body?: unknown }).body) : "";
}

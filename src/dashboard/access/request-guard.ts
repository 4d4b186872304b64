/**
 * Which requests for data may be answered at all, whether or not a person has signed in: those of the
 * dashboard's own page. A page of another origin can neither send its header field nor pass the check of
 * the origin.
 */

import { isPassedOn } from "../../base/proxy-fields.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import { plainAddress } from "../../engine/request/ip-address.ts";
import { isSameOrigin } from "../../engine/request/origin-policy.ts";
import { pageField } from "../api.ts";

/** Why a request is refused; `null` where it may go on. */
export function requestFault(request: EngineRequest): string | null {
  const { headers, method } = request;
  if (headers[pageField] !== "1") return `The header field ${pageField} is missing.`;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return "The request comes from another site.";
  if (!isOwnOrigin(request)) return "The request comes from another origin.";
  if (method === "GET") return null;
  if (method !== "POST") return "The method is not known here.";
  const type = String(headers["content-type"] ?? "");
  return /^application\/json\s*(;|$)/i.test(type) ? null : "The content must be JSON.";
}

/** Whether a request was made on this machine, for a name of this machine, and no proxy tells otherwise. */
export function isFromThisMachine(request: EngineRequest): boolean {
  const { headers } = request;
  if (isPassedOn((name) => headers[name] !== undefined)) return false;
  return isLoopbackAddress(plainAddress(request.address)) && isLoopbackHost(hostOf(request) ?? "");
}

function isOwnOrigin(request: EngineRequest): boolean {
  const { origin } = request.headers;
  // A browser sends none with a GET to the page's own origin, and one with every POST.
  if (origin === undefined)
    return request.method === "GET" || request.headers["sec-fetch-site"] !== undefined;
  const host = hostOf(request);
  if (typeof origin !== "string" || host === undefined) return false;
  if (isSameOrigin(origin, host, request.secure)) return true;
  // A proxy that passes another host on: the browser itself says that page and request are of one origin.
  return request.headers["sec-fetch-site"] === "same-origin";
}

function hostOf({ host, headers }: EngineRequest): string | undefined {
  return host ?? (typeof headers.host === "string" ? headers.host : undefined);
}

function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host);
}

/**
 * What a request passes before its client is connected: functions of the application, in the form that its
 * framework gives them.
 */

import type { EngineRequest, HeaderFields, HttpResponse } from "../../engine/ports.ts";
import type { CapturedAnswer } from "../node/response-capture.ts";

/** A function in the form of its framework. */
// biome-ignore lint/suspicious/noExplicitAny: each framework calls its functions with values of its own
export type FrameworkFunction = (...values: any[]) => unknown;

/** The functions in the form of the application's framework, or `true` for all that its requests pass. */
export type HttpMiddleware = true | FrameworkFunction | readonly FrameworkFunction[];

/** A request that would open a connection. */
export interface PassingRequest {
  readonly request: EngineRequest;
  /** The same as the runtime has it, where there is one. */
  readonly raw: unknown;
  /** Reports an error of the application's. */
  report(error: unknown): void;
}

/** What the functions made of a request. */
export type ChainResult =
  | {
      readonly type: "passed";
      /** Fields for the answer. */
      readonly headers: HeaderFields;
      /** The request, or what stands for it, as the framework has it. */
      readonly http: unknown;
    }
  | { readonly type: "answered"; readonly response: HttpResponse };

/** Has a request pass all functions of an application. */
export type RequestChain = (passing: PassingRequest) => Promise<ChainResult>;

/** Fields that belong to one connection, or to one body (RFC 9110 §7.6.1). */
const ofTheAnswer = ["connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"];

/** Fields that the answer of the server has itself, or that would say something untrue of it. */
const ofTheServer = new Set([
  ...ofTheAnswer,
  ...["cache-control", "content-encoding", "content-type", "etag", "expires", "last-modified", "vary"],
  "x-content-type-options",
]);

/** The status that a request gets where it passes. */
export function passedStatus({ headers }: EngineRequest): number {
  return headers.upgrade === undefined ? 200 : 101;
}

/** A request has passed. */
export function passed(fields: HeaderFields, http: unknown): ChainResult {
  const kept = ([name]: [string, unknown]) => !ofTheServer.has(name) && !name.startsWith("access-control-");
  return { type: "passed", headers: Object.fromEntries(Object.entries(fields).filter(kept)), http };
}

/** The application has answered. */
export function answered({ status, headers, body }: CapturedAnswer): ChainResult {
  const kept = Object.entries(headers).filter(([name]) => !ofTheAnswer.includes(name));
  return { type: "answered", response: { status, headers: Object.fromEntries(kept), body } };
}

/** A chain that is loaded for the first request: most programs have none. */
export function lazyChain(load: () => Promise<RequestChain>): RequestChain {
  let loading: Promise<RequestChain> | null = null;
  return async (passing) => {
    loading ??= load();
    const chain = await loading;
    return chain(passing);
  };
}

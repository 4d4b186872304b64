/** Functions of `(request, response, next)`, as of Express and Connect. */

import { IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { httpErrorResponse } from "../../engine/request/http-error.ts";
import { requestAgain } from "../node/request-again.ts";
import { ResponseCapture } from "../node/response-capture.ts";
import { hasMethod } from "./application.ts";
import {
  answered,
  type FrameworkFunction,
  passed,
  passedStatus,
  type RequestChain,
} from "./request-chain.ts";

/** What Express gives to the requests and responses that it handles. */
interface ExpressLike {
  readonly request: object;
  readonly response: object;
  get(setting: string): unknown;
}

/** The members that Express adds to both. */
interface ExpressRequest {
  res?: ServerResponse;
  originalUrl?: string;
  query?: unknown;
}

/** What a function says of a request by `next()`. */
type Next = (error?: unknown) => void;

/**
 * Requests pass these functions one by one. One with four parameters handles errors.
 *
 * @param functions - the functions
 * @param app - the application; where it is one of Express, requests and responses have its methods
 */
export function connectChain(functions: readonly FrameworkFunction[], app: unknown): RequestChain {
  return async ({ request, raw, report }) => {
    const incoming = raw instanceof IncomingMessage ? raw : requestAgain(request);
    const capture = new ResponseCapture(incoming);
    let hasPassed = false;
    if (isExpress(app)) dress(app, incoming, capture.response);
    run(functions, incoming, capture.response, (error) => {
      if (hasPassed || capture.hasBegun) return;
      if (isFailure(error)) {
        refuse(capture, error, report);
      } else {
        hasPassed = true;
        capture.end(passedStatus(request));
      }
    });
    const answer = await capture.answer;
    return hasPassed ? passed(answer.headers, incoming) : answered(answer);
  };
}

function isExpress(app: unknown): app is ExpressLike {
  return typeof app === "function" && hasMethod(app, "handle") && "request" in app && "response" in app;
}

/** Gives a request and its response what those of the application have. */
function dress(app: ExpressLike, request: IncomingMessage & ExpressRequest, response: ServerResponse): void {
  Object.setPrototypeOf(request, app.request);
  Object.setPrototypeOf(response, app.response);
  request.res = response;
  request.originalUrl ??= request.url ?? "/";
  Object.assign(response, { locals: Object.create(null) });
  // In Express 4 a middleware of the application's own does this.
  if (!("query" in request)) {
    const parse = app.get("query parser fn");
    const [, query = ""] = (request.url ?? "").split("?", 2);
    (request as ExpressRequest).query = typeof parse === "function" ? parse(query) : {};
  }
}

function run(
  functions: readonly FrameworkFunction[],
  request: IncomingMessage,
  response: ServerResponse,
  done: Next,
): void {
  const step = (index: number, error: unknown): void => {
    const handlesErrors = isFailure(error);
    let at = index;
    while (at < functions.length && (functions[at]?.length === 4) !== handlesErrors) at += 1;
    const current = functions[at];
    if (current === undefined) {
      done(error);
      return;
    }
    let isOver = false;
    const next: Next = (failure) => {
      if (isOver) return;
      isOver = true;
      step(at + 1, failure);
    };
    try {
      const given = handlesErrors ? [error, request, response, next] : [request, response, next];
      const result = Reflect.apply(current, undefined, given);
      if (result instanceof Promise) result.catch((failure) => next(failure ?? new Error("rejected")));
    } catch (failure) {
      next(failure ?? new Error("thrown"));
    }
  };
  step(0, undefined);
}

/** Express leaves the rest of its functions out by these two words. */
function isFailure(error: unknown): boolean {
  return Boolean(error) && error !== "route" && error !== "router";
}

/** Answers with the status that an error names. Of other errors clients learn nothing. */
function refuse(capture: ResponseCapture, error: unknown, report: (error: unknown) => void): void {
  const { status, statusCode, expose, message, headers } = Object(error) as Record<string, unknown>;
  const named = [status, statusCode].find((each) => isErrorStatus(each));
  const code = (named as number | undefined) ?? 500;
  if (code >= 500) report(error);
  const isShown = typeof message === "string" && (typeof expose === "boolean" ? expose : code < 500);
  const text = isShown ? message : (STATUS_CODES[code] ?? "Error");
  const { response } = capture;
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const answer = httpErrorResponse({ status: code, code: code < 500 ? 4 : 3, message: text });
  for (const [name, value] of Object.entries({ ...Object(headers), ...answer.headers }))
    response.setHeader(name, value as string);
  capture.end(code, String(answer.body ?? ""));
}

function isErrorStatus(status: unknown): boolean {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) < 600;
}

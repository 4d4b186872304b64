/** Middleware of Koa. */

import { IncomingMessage, type RequestListener } from "node:http";
import { requestAgain } from "../node/request-again.ts";
import { ResponseCapture } from "../node/response-capture.ts";
import {
  answered,
  type FrameworkFunction,
  passed,
  passedStatus,
  type RequestChain,
} from "./request-chain.ts";

/** A Koa application, as far as it is used. */
export interface KoaLike {
  readonly middleware: readonly FrameworkFunction[];
  callback(): RequestListener;
}

/** The members of a context of Koa. */
interface KoaContext {
  readonly res: object;
  /** Whether Koa answers. */
  respond?: boolean;
}

/**
 * Requests pass the middleware, out of which the first one comes back last: what it does then is done before
 * the client is connected.
 *
 * @param app - the application
 * @param functions - its middleware, if not all of the application's
 */
export function koaChain(app: KoaLike, functions: readonly FrameworkFunction[]): RequestChain {
  const contexts = new WeakMap<object, KoaContext>();
  const last = (context: KoaContext): void => {
    context.respond = false;
    contexts.set(context.res, context);
  };
  // An application that has all of the other one but its middleware.
  const own = Object.create(app, { middleware: { value: [...functions, last] } }) as KoaLike;
  const handle = own.callback();
  return async ({ request, raw }) => {
    const incoming = raw instanceof IncomingMessage ? raw : requestAgain(request);
    const capture = new ResponseCapture(incoming);
    // Koa handles all errors itself.
    await handle(incoming, capture.response as Parameters<RequestListener>[1]);
    const context = contexts.get(capture.response);
    const hasPassed = context !== undefined && !capture.hasBegun;
    if (hasPassed) capture.end(passedStatus(request));
    const answer = await capture.answer;
    return hasPassed ? passed(answer.headers, context) : answered(answer);
  };
}

/** Express, and every other application that is a function of request and response. */

import type { RequestListener } from "node:http";
import type { Application } from "./application.ts";
import { type FrameworkFunction, lazyChain, type RequestChain } from "./request-chain.ts";

/** Recognises an Express application, or any `(request, response)` function. */
export function fromExpress(app: unknown): Application | undefined {
  if (typeof app !== "function" || isClass(app)) return undefined;
  return {
    name: "Express",
    server: null,
    makeServer: async (make) => make(app as RequestListener),
    chain: (functions) => functionChain(functions ?? [app as FrameworkFunction], app),
  };
}

/**
 * Has requests pass functions of `(request, response, next)`.
 *
 * @param app - the application that they are of, if there is one
 */
export function functionChain(functions: readonly FrameworkFunction[], app: unknown): RequestChain {
  return lazyChain(async () => (await import("./connect-chain.ts")).connectChain(functions, app));
}

/** A class of which the caller forgot to make an application with `new`. */
function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

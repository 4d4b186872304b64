/** Express, and every other application that is a function of request and response. */

import type { RequestListener } from "node:http";
import type { Application } from "./application.ts";

/** Recognises an Express application, or any `(request, response)` function. */
export function fromExpress(app: unknown): Application | undefined {
  if (typeof app !== "function" || isClass(app)) return undefined;
  return { name: "Express", server: null, makeServer: async (make) => make(app as RequestListener) };
}

/** A class of which the caller forgot to make an application with `new`. */
function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** Koa. */

import type { RequestListener } from "node:http";
import { type Application, hasMethod } from "./application.ts";

/** Recognises a Koa application. */
export function fromKoa(app: unknown): Application | undefined {
  if (!hasMethod(app, "callback") || !hasMethod(app, "use")) return undefined;
  return {
    name: "Koa",
    server: null,
    makeServer: async (make) => make(app.callback() as RequestListener),
  };
}

/** Koa. */

import type { RequestListener } from "node:http";
import { type Application, hasMethod } from "./application.ts";
import type { KoaLike } from "./koa-chain.ts";
import { lazyChain } from "./request-chain.ts";

/** Recognises a Koa application. */
export function fromKoa(app: unknown): Application | undefined {
  if (!hasMethod(app, "callback") || !hasMethod(app, "use")) return undefined;
  return {
    name: "Koa",
    server: null,
    makeServer: async (make) => make(app.callback() as RequestListener),
    chain: (functions) =>
      lazyChain(async () => {
        const koa = app as unknown as KoaLike;
        return (await import("./koa-chain.ts")).koaChain(koa, functions ?? koa.middleware);
      }),
  };
}

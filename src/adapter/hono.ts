/** Hono, and every other application with a `fetch(request)` method: Bun calls it, Node through `@hono/node-server`. */

import type { RequestListener } from "node:http";
import { RoomcastError } from "../base/errors.ts";
import { type Application, hasMethod } from "./application.ts";
import type { BunFetch } from "./bun-runtime.ts";

/** Recognises a Hono application, or any object with a `fetch` method. */
export function fromHono(app: unknown): Application | undefined {
  if (!hasMethod(app, "fetch")) return undefined;
  return {
    name: "Hono",
    server: null,
    fetch: ((request, server) => app.fetch(request, server)) as BunFetch,
    listener: async () => {
      const { getRequestListener } = await importNodeServer();
      return getRequestListener((...given) => app.fetch(...given)) as RequestListener;
    },
  };
}

async function importNodeServer() {
  try {
    return await import("@hono/node-server");
  } catch (cause) {
    throw new RoomcastError(
      "ERR_MISSING_PACKAGE",
      "Serving a Hono application on Node needs the package @hono/node-server: npm install @hono/node-server",
      { cause },
    );
  }
}

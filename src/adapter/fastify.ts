/** Fastify, which makes its server itself. */

import { RoomcastError } from "../base/errors.ts";
import { type Application, hasMethod } from "./application.ts";
import type { HttpServer } from "./node.ts";

interface FastifyLike {
  readonly server: HttpServer;
  listen(options: { host: string; port: number }): Promise<string>;
  close(): Promise<unknown>;
}

function isFastify(app: unknown): app is FastifyLike {
  return hasMethod(app, "listen") && hasMethod(app, "close") && hasMethod(app, "inject") && "server" in app;
}

/** Recognises a Fastify application. */
export function fromFastify(app: unknown): Application | undefined {
  if (!isFastify(app)) return undefined;
  return {
    name: "Fastify",
    server: app.server,
    listener: () =>
      Promise.reject(new RoomcastError("ERR_STATE", "A Fastify application has a server of its own.")),
    listen: async (host, port) => {
      await app.listen({ host, port });
      return async () => {
        await app.close();
      };
    },
  };
}

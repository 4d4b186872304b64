/** The subpath `roomcast/fastify`: a server as a plugin of a Fastify application. */

import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { SocketIO } from "./app/socketio.ts";
import { RoomcastError } from "./base/errors.ts";
import { show } from "./base/options.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** The server of the plugin of `roomcast/fastify`. */
    socketio: SocketIO;
  }
}

/** The options of the plugin: those of a server that it makes, or a server that is there already. */
export type RoomcastPluginOptions =
  | NonNullable<ConstructorParameters<typeof SocketIO>[1]>
  | { socketio: SocketIO };

/** Takes the plugin as its options alone: Fastify's own belong to `register()`. */
async function plugin(app: FastifyInstance, options: RoomcastPluginOptions): Promise<void> {
  if (app.hasDecorator("socketio")) {
    throw new RoomcastError("ERR_STATE", "The application has the plugin of roomcast/fastify already.");
  }
  const socketio = "socketio" in options ? options.socketio : new SocketIO(options);
  if (!(socketio instanceof SocketIO)) {
    throw new RoomcastError(
      "ERR_OPTION",
      `The option "socketio" of roomcast/fastify must be a server of new SocketIO(), not ${show(socketio)}.`,
    );
  }
  socketio.initApp(app);
  app.decorate("socketio", socketio);
}

/**
 * Serves Socket.IO's clients beside the routes of a Fastify application, which has the server as
 * `app.socketio`. The application listens with `app.listen()`, and `app.close()` stops both: clients hear of
 * it first, and their `disconnect` handlers run.
 *
 * ```ts
 * import fastify from "fastify";
 * import { emit } from "roomcast";
 * import { roomcast } from "roomcast/fastify";
 *
 * const app = fastify();
 * await app.register(roomcast, { cors: { origin: "https://example.com" } });
 * app.socketio.on("say", (text: string) => emit("said", text, { broadcast: true }));
 * await app.listen({ port: 5000 });
 * ```
 *
 * The options are those of `new SocketIO()`, or `{ socketio }` with a server that has no application yet.
 * Registering fails with `ERR_OPTION` for others, and with `ERR_STATE` for a second time.
 */
export const roomcast: FastifyPluginAsync<RoomcastPluginOptions> = Object.assign(plugin, {
  // What the package fastify-plugin does: the decorator is the application's, not that of a context within.
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "roomcast",
  [Symbol.for("plugin-meta")]: { name: "roomcast", fastify: ">=4" },
});

import { once } from "node:events";
import type { Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { json } from "node:stream/consumers";
import Koa from "koa";
import { describe } from "vitest";
import { describeFramework, type SitePlan } from "./support/framework.suite.ts";

function application({ seen, story }: SitePlan): Koa {
  const app = new Koa();
  app.silent = true;
  app.use(async (context) => {
    const { path } = context;
    seen.push(path);
    if (path === "/") context.body = "home";
    else if (path === "/echo") context.body = ((await json(context.req)) as { text: string }).text;
    else if (path === "/story") context.body = story();
    else if (path === "/socket.iox" || path === "/socket.io/") context.body = "the application's own";
  });
  return app;
}

describe("a Koa application", () => {
  describeFramework((plan) => {
    const app = application(plan);
    return {
      app,
      async listen(socketio, tls) {
        const server: Server = tls
          ? createSecureServer(tls, app.callback()).listen(0, "127.0.0.1")
          : app.listen(0, "127.0.0.1");
        socketio.attach(server);
        await once(server, "listening");
        return server;
      },
    };
  });
});

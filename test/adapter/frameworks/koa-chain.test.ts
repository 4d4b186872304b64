import Koa from "koa";
import { expect, it } from "vitest";
import { koaChain } from "../../../src/adapter/frameworks/koa-chain.ts";
import { passing, textOf } from "./passing.ts";

it("passes where the last middleware is reached, and only when all have come back", async () => {
  const app = new Koa();
  const calls: string[] = [];
  app.use(async (ctx, proceed) => {
    await proceed();
    await new Promise(setImmediate);
    calls.push("back");
    ctx.set("x-back", ctx.state.user);
  });
  app.use((ctx, proceed) => {
    ctx.state.user = ctx.get("x-user");
    return proceed();
  });
  const result = await koaChain(app, app.middleware)(passing({ "x-user": "ada" }));
  expect(calls).toEqual(["back"]);
  expect(result).toMatchObject({
    type: "passed",
    headers: { "x-back": "ada" },
    http: { state: { user: "ada" } },
  });
  expect(app.middleware).toHaveLength(2);
});

it("answers where a middleware does not go on, and where one fails", async () => {
  const app = new Koa();
  app.silent = true;
  const stop = koaChain(app, [
    (ctx: Koa.Context) => {
      ctx.body = "closed";
    },
  ]);
  expect(textOf(await stop(passing()))).toBe("closed");
  const fail = koaChain(app, [(ctx: Koa.Context) => ctx.throw(403, "not you")]);
  const result = await fail(passing());
  expect(result).toMatchObject({ type: "answered", response: { status: 403 } });
  expect(textOf(result)).toBe("not you");
});

import { type Context, Hono } from "hono";
import { expect, it } from "vitest";
import { honoChain } from "../../../src/adapter/frameworks/hono-chain.ts";
import { passing, textOf } from "./passing.ts";

it("gives middleware a request with the scheme, the host and the fields of the client's", async () => {
  const app = new Hono();
  const chain = honoChain(app, [
    async (c: Context, proceed: () => Promise<void>) => {
      c.set("seen", [c.req.url, c.req.header("x-user")]);
      c.header("x-before", "1");
      await proceed();
      c.header("set-cookie", "a=1", { append: true });
      c.header("set-cookie", "b=2", { append: true });
    },
  ]);
  const result = await chain(passing({ "x-user": "ada" }));
  expect(result).toMatchObject({ headers: { "x-before": "1", "set-cookie": ["a=1", "b=2"] } });
  const { http } = result as { http: Context };
  expect(http.get("seen")).toEqual(["https://example.com/socket.io/?EIO=4", "ada"]);
});

it("takes the whole application, with its own answers to errors", async () => {
  const app = new Hono();
  app.onError((error, c) => c.text(`sorry: ${error.message}`, 503));
  app.use(async (c, proceed) => {
    if (c.req.header("x-fail") !== undefined) throw new Error("broken");
    await proceed();
  });
  app.get("/other", (c) => c.text("other"));
  const chain = honoChain(app, null);
  expect(await chain(passing())).toMatchObject({ type: "passed" });
  const result = await chain(passing({ "x-fail": "1" }));
  expect(result).toMatchObject({ type: "answered", response: { status: 503 } });
  expect(textOf(result)).toBe("sorry: broken");
});

it("answers where a middleware gives another status on the way back", async () => {
  const chain = honoChain(new Hono(), [
    async (c: Context, proceed: () => Promise<void>) => {
      await proceed();
      c.res = c.text("late", 401);
    },
  ]);
  expect(textOf(await chain(passing()))).toBe("late");
});

it("takes a request of Bun's as it is", async () => {
  const raw = new Request("http://example.com/socket.io/?EIO=4", { headers: { "x-user": "ada" } });
  const seen: unknown[] = [];
  const chain = honoChain(new Hono(), [
    (c: Context, proceed: () => Promise<void>) => {
      seen.push(c.req.raw);
      return proceed();
    },
  ]);
  await chain({ ...passing(), raw });
  expect(seen).toEqual([raw]);
});

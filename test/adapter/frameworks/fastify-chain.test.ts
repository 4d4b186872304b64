import fastify from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { fromFastify } from "../../../src/adapter/frameworks/fastify.ts";
import { passing, textOf } from "./passing.ts";

it("passes the hooks of the application, and those for clients behind them", async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  app.addHook("onRequest", async (request, reply) => {
    if (request.headers["x-user"] === undefined) return reply.code(401).send("who?");
  });
  const order: string[] = [];
  const hook = async () => void order.push("own");
  const chain = fromFastify(app)?.chain?.([hook], "/socket.io");
  // A hook may come later than the route.
  app.addHook("preHandler", async () => void order.push("application"));
  app.addHook("onSend", async (_request, reply) => void reply.header("set-cookie", ["a=1", "b=2"]));
  await app.ready();
  const result = await chain?.(passing({ "x-user": "ada" }));
  expect(result).toMatchObject({ type: "passed", headers: { "set-cookie": ["a=1", "b=2"] } });
  expect((result as { http: { url: string; raw: { url: string } } }).http.raw.url).toBe("/socket.io/?EIO=4");
  expect(order).toEqual(["application", "own"]);
  expect(textOf((await chain?.(passing())) ?? {})).toBe("who?");
});

it("has no page of its own at the path", async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  fromFastify(app)?.chain?.(null, "/socket.io");
  expect((await app.inject("/socket.io/")).statusCode).toBe(404);
});

it("says that the application has started already", async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  await app.ready();
  expect(() => fromFastify(app)?.chain?.(null, "/socket.io")).toThrowError(
    expect.objectContaining({ code: "ERR_STATE", message: expect.stringContaining("before app.ready()") }),
  );
});

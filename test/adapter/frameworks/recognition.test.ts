import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { notAnApplication, recognise } from "../../../src/adapter/frameworks/recognition.ts";

const method = () => {};

describe("recognise()", () => {
  it.each([
    ["node:http", createServer()],
    ["Fastify", { server: {}, listen: method, close: method, inject: method, addHook: method }],
    ["Koa", { callback: method, use: method }],
    ["Hono", { fetch: method }],
    ["Express", method],
  ])("finds %s by its methods", (name, app) => {
    expect(recognise(app)?.name).toBe(name);
  });

  it.each([[undefined], [null]])("returns null for %s, which stands for no application", (app) => {
    expect(recognise(app)).toBeNull();
  });

  it.each([
    ["a class", class App {}],
    ["options", { cors: {} }],
    ["a text", "app"],
  ])("does not know %s", (_what, app) => {
    expect(recognise(app)).toBeUndefined();
  });
});

describe("notAnApplication()", () => {
  it("names the call and the kind of the value", () => {
    expect(notAnApplication("initApp()", 5)).toMatchObject({
      code: "ERR_APP",
      message: expect.stringMatching(/^initApp\(\) takes an Express, .* not number\.$/),
    });
    expect(notAnApplication("initApp()", {}).message).toContain("not this object");
  });
});

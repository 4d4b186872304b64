import { getRequestListener } from "@hono/node-server";
import express from "express";
import { Hono } from "hono";
import { getIronSession, type SessionOptions } from "iron-session";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ironSession } from "../../src/session/iron-session.ts";
import { describeCookieSessions, logIn } from "./http-sessions.suite.ts";
import type { Application } from "./site.ts";

const password = "correct horse battery staple, twice";
const options: SessionOptions = { cookieName: "session", password, cookieOptions: { secure: false } };

function onHono(settings = options): Application {
  const app = new Hono();
  const answer = async (request: Request, change: (session: Record<string, unknown>) => void) => {
    const response = new Response();
    const session = await getIronSession<Record<string, unknown>>(request, response, settings);
    change(session);
    await session.save();
    return response;
  };
  app.post("/login", (c) =>
    answer(c.req.raw, (session) => Object.assign(session, { user: "ada", cart: { apples: 1 } })),
  );
  app.post("/set", (c) =>
    answer(c.req.raw, (session) =>
      Object.assign(session, { [`${c.req.query("key")}`]: c.req.query("value") }),
    ),
  );
  app.get("/session", async (c) =>
    c.json({ ...(await getIronSession<Record<string, unknown>>(c.req.raw, new Response(), settings)) }),
  );
  return { listener: getRequestListener(app.fetch), sessions: ironSession(settings) };
}

function onExpress(): Application {
  const app = express();
  app.use(async (request, response) => {
    const session = await getIronSession<Record<string, unknown>>(request, response, options);
    if (request.path === "/login") Object.assign(session, { user: "ada", cart: { apples: 1 } });
    if (request.path === "/set") Object.assign(session, { [`${request.query.key}`]: request.query.value });
    if (request.method === "POST") await session.save();
    response.json(session);
  });
  return { listener: app, sessions: ironSession(options) };
}

describe("ironSession", () => {
  describe("in Hono", () => describeCookieSessions(() => onHono()));
  describe("in Express", () => describeCookieSessions(onExpress));

  afterEach(() => {
    vi.useRealTimers();
    vi.doUnmock("iron-session");
  });

  it("reads nothing once the time to live is over, even in an open connection", async () => {
    const visitor = await logIn(onHono({ ...options, ttl: 600 }));
    const session = await visitor.connect();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 590_000 });
    expect(await session.read()).toMatchObject({ user: "ada" });
    vi.setSystemTime(Date.now() + 120_000); // The library allows a minute for clocks that differ.
    expect(await session.read()).toEqual({});
  });

  it("reads what an older password sealed", async () => {
    const old = onHono({ ...options, password: { 1: password } });
    const rotated = ironSession({ ...options, password: { 1: password, 2: `new ${password}` } });
    const visitor = await logIn({ ...old, sessions: rotated });
    expect(await (await visitor.connect()).read()).toMatchObject({ user: "ada" });
    const forgotten = ironSession({ ...options, password: { 2: `new ${password}` } });
    const late = await logIn({ ...old, sessions: forgotten });
    expect(await (await late.connect()).read()).toEqual({});
  });

  it.each([
    { cookieName: "", password },
    { cookieName: "session", password: "short" },
    { cookieName: "session", password: {} },
    { cookieName: "session", password: { 1: password, 2: "short" } },
    { cookieName: "session" } as SessionOptions,
  ])("refuses the options %j", (wrong) => {
    expect(() => ironSession(wrong)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
  });

  it("names the package to install", async () => {
    vi.doMock("iron-session", () => {
      throw new Error("Cannot find package 'iron-session'");
    });
    const request = { url: "/", headers: {}, secure: false, address: "" };
    await expect(ironSession(options).open(request)).rejects.toMatchObject({
      code: "ERR_MISSING_PACKAGE",
      message: expect.stringContaining("npm install iron-session"),
    });
  });
});

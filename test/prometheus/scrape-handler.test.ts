import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { SocketIO } from "roomcast";
import { prometheus } from "roomcast/prometheus";
import { describe, expect, it, onTestFinished } from "vitest";
import { scrapeHandler } from "../../src/prometheus/scrape-handler.ts";

const silent = { info() {}, warn() {}, error() {} };

/** A server of each kind, whose only route is the handler. */
const servers: Record<string, (handler: (...values: unknown[]) => unknown) => Server | Promise<Server>> = {
  "node:http": (handler) => createServer((request, response) => void handler(request, response)),
  Express: (handler) => createServer(express().get("/metrics", handler as express.Handler)),
  async Fastify(handler) {
    const app = fastify();
    app.get("/metrics", handler);
    await app.ready();
    return app.server;
  },
  Koa: (handler) => createServer(new Koa().use(handler as Koa.Middleware).callback()),
  Hono: (handler) =>
    serve({
      fetch: new Hono().get("/metrics", handler as never).fetch,
      port: 0,
      hostname: "127.0.0.1",
    }) as Server,
};

async function listening(server: Server): Promise<string> {
  if (!server.listening) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

describe.each(Object.keys(servers))("the handler on %s", (name) => {
  it("answers Prometheus, and refuses what it has to", async () => {
    const socketio = new SocketIO({ logger: silent });
    const { handler } = prometheus(socketio);
    const url = await listening((await servers[name]?.(handler)) as Server);
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await answer.text()).toContain("\nroomcast_processes 1\n");
    const forwarded = await fetch(url, { headers: { "x-forwarded-for": "203.0.113.5" } });
    expect(forwarded.status).toBe(403);
    expect(forwarded.headers.get("content-type")).toMatch(/^text\/plain/);
    await socketio.stop();
  });
});

it("asks for the token, and answers an error of the registry with status 500", async () => {
  const broken = {
    contentType: "text/plain; version=0.0.4; charset=utf-8" as const,
    metrics: async () => {
      throw new Error("of another metric");
    },
  };
  const handler = scrapeHandler(broken, { token: "a very long token", allow: null });
  const url = await listening(createServer((request, response) => void handler(request, response)));
  const refused = await fetch(url);
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  const failed = await fetch(url, { headers: { authorization: "Bearer a very long token" } });
  expect([failed.status, await failed.text()]).toEqual([
    500,
    "The metrics could not be read: of another metric\n",
  ]);
});

import { createServer } from "node:http";
import { SocketIO } from "roomcast";
import { describe, expect, it } from "vitest";
import { HttpRequest } from "../../../src/adapter/http-request.ts";
import { OpeningRequests } from "../../../src/app/serve/opening-requests.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const pass = (_req: unknown, _res: unknown, proceed: () => void) => proceed();

describe("Opening requests", () => {
  it("fail where a function neither answers nor goes on", async () => {
    const clock = new FakeClock();
    const parts = { path: "/socket.io", timeout: 45_000, clock, report() {} };
    const openings = new OpeningRequests(() => {}, parts);
    const seen = openings.see(new HttpRequest("GET", "/socket.io/", {}, "", false), undefined);
    clock.advance(45_000);
    await expect(seen).rejects.toMatchObject({
      code: "ERR_TIMEOUT",
      message: expect.stringContaining("45000 ms"),
    });
  });

  it("keep their place among the clients that are being accepted until they have passed", async () => {
    let resolve: (next: () => void) => void = () => {};
    const called = new Promise<() => void>((settle) => {
      resolve = settle;
    });
    const socketio = new SocketIO({
      maxHandshakes: 1,
      httpMiddleware: (_req: unknown, _res: unknown, next: () => void) => resolve(next),
    });
    const first = socketio.testClient().connect();
    const proceed = await called;
    expect((await socketio.stats()).handshakes).toBe(1);
    expect((await socketio.stats()).clients).toBe(0);
    proceed();
    await first;
    expect((await socketio.stats()).clients).toBe(1);
  });

  it("are refused on Bun's own server, but for a Hono application", () => {
    const parts = { path: "/socket.io", timeout: 1000, clock: new FakeClock(), report() {} };
    const refused = expect.objectContaining({
      code: "ERR_OPTION",
      message: expect.stringContaining("asyncMode"),
    });
    expect(() => new OpeningRequests(pass, parts).bindToNone("bun")).toThrowError(refused);
    const app = { name: "Hono", server: null, makeServer: () => Promise.reject(new Error("not here")) };
    const chain = async () => ({ type: "passed", headers: {}, http: null }) as const;
    const hono = { ...app, chainsOnBun: true, chain: () => chain };
    expect(() => new OpeningRequests(pass, parts).bind(hono, "bun")).not.toThrow();
  });

  it("need a list of functions where there is no application to take them from", async () => {
    const message = expect.stringContaining("List them");
    const error = expect.objectContaining({ code: "ERR_OPTION", message });
    expect(() => new SocketIO(createServer(), { httpMiddleware: true })).toThrowError(error);
    await expect(new SocketIO({ httpMiddleware: true }).run({ port: 0 })).rejects.toThrowError(error);
    expect(() => new SocketIO({ fetch: () => new Response() }, { httpMiddleware: true })).toThrowError(error);
  });

  it.each([[[]], ["session"], [{}], [[pass, null]], [false]])("are no %o", (httpMiddleware) => {
    expect(() => new SocketIO({ httpMiddleware: httpMiddleware as never })).toThrowError(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringContaining("httpMiddleware") }),
    );
  });
});

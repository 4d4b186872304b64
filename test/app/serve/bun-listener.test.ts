import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BunRuntime, BunServeOptions, BunServer } from "../../../src/adapter/bun/bun-runtime.ts";
import type { Application } from "../../../src/adapter/frameworks/application.ts";
import { chooseBun, listenOnBun, notFoundOnBun } from "../../../src/app/serve/bun-listener.ts";

/** A runtime that records what it is asked to serve. */
class FakeBun implements BunRuntime {
  readonly version = "1.0.0";
  readonly served: BunServeOptions[] = [];
  /** Each call of `stop()`, with its argument. */
  readonly stops: (boolean | undefined)[] = [];
  /** Thrown by `serve()`. */
  failure: unknown = null;
  /** The port that the runtime says it listens on. */
  port: number | undefined = 5001;
  endAnswers: () => void = () => {};
  readonly #answers = new Promise<void>((resolve) => {
    this.endAnswers = resolve;
  });

  serve(options: BunServeOptions): BunServer {
    if (this.failure !== null) throw this.failure;
    this.served.push(options);
    return {
      port: this.port,
      upgrade: () => false,
      requestIP: () => null,
      timeout() {},
      stop: (isCut) => {
        this.stops.push(isCut);
        if (isCut) this.endAnswers();
        return this.#answers;
      },
    };
  }
}

const handlers = { fetch: () => undefined, websocket: {} as BunServeOptions["websocket"] };
const place = { host: "127.0.0.1", port: 5000, tls: null };
const certificate = { cert: "cert", key: "key" };

let bun: FakeBun;
beforeEach(() => {
  bun = new FakeBun();
});

describe("a program on Bun", () => {
  const makeServer = () => Promise.reject(new Error("Bun makes no server of Node's"));
  const express: Application = { name: "Express", server: null, makeServer };
  const hono: Application = { name: "Hono", server: null, makeServer, fetch: () => undefined };

  beforeEach(() => void vi.stubGlobal("Bun", bun));
  afterEach(() => void vi.unstubAllGlobals());

  it("is served by Bun where Bun can, unless it asks for Node", () => {
    expect(chooseBun(null, null)).toBe(bun);
    expect(chooseBun(null, hono)).toBe(bun);
    expect(chooseBun("bun", hono)).toBe(bun);
    expect(chooseBun(null, express)).toBe(null);
    expect(chooseBun("node", hono)).toBe(null);
  });

  it("is told which application Bun cannot serve, and what to ask for instead", () => {
    expect(() => chooseBun("bun", express)).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringMatching(/Express needs asyncMode: "node"\.$/),
      }),
    );
  });
});

it("a program on Node is served by Node, and cannot ask for Bun", () => {
  expect(chooseBun(null, null)).toBe(null);
  expect(() => chooseBun("bun", null)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
});

describe("a server on Bun", () => {
  it("listens where it is told, with the functions it is given", () => {
    const { address } = listenOnBun(bun, handlers, { ...place, port: 0 });
    expect(address).toEqual({ host: "127.0.0.1", port: 5001, url: "http://127.0.0.1:5001" });
    expect(bun.served).toEqual([{ hostname: "127.0.0.1", port: 0, ...handlers }]);
  });

  it("speaks TLS with a certificate, and is not started without its key", () => {
    const { address } = listenOnBun(bun, handlers, { ...place, tls: certificate });
    expect(address.url).toBe("https://127.0.0.1:5001");
    expect(bun.served[0]).toMatchObject({ tls: certificate });
    expect(() => listenOnBun(bun, handlers, { ...place, tls: { cert: "cert" } })).toThrow(
      "a certificate or its key is missing",
    );
    expect(bun.served).toHaveLength(1);
  });

  it("is on the port that was asked for where Bun does not say which", () => {
    bun.port = undefined;
    expect(listenOnBun(bun, handlers, place).address.port).toBe(5000);
  });

  const inUse = Object.assign(new Error("Failed to start server"), { syscall: "listen", code: "EADDRINUSE" });

  it.each([
    ["the port, whether or not it speaks TLS", inUse, null, /^Port 5000 on 127\.0\.0\.1 is in use/],
    ["the port, whether or not it speaks TLS", inUse, certificate, /^Port 5000 on 127\.0\.0\.1 is in use/],
    ["the certificate", new Error("PEM lib"), certificate, /^The tls options cannot be used: PEM lib\./],
    ["neither", new Error("no fetch"), null, /^Cannot listen on 127\.0\.0\.1:5000: no fetch$/],
  ])("says what it fails by: %s", (_what, failure, tls, message) => {
    bun.failure = failure;
    expect(() => listenOnBun(bun, handlers, { ...place, tls })).toThrow(
      expect.objectContaining({
        code: "ERR_LISTEN",
        message: expect.stringMatching(message),
        cause: failure,
      }),
    );
  });

  it("answers a request that is for no application", async () => {
    const response = notFoundOnBun();
    expect([response.status, await response.text()]).toEqual([404, "Not found"]);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  describe("that closes", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it("waits for the answers under way, and leaves no timer behind", async () => {
      const closed = listenOnBun(bun, handlers, place).close();
      vi.advanceTimersByTime(900);
      bun.endAnswers();
      await closed;
      vi.advanceTimersByTime(10_000);
      expect(bun.stops).toEqual([undefined]);
      expect(vi.getTimerCount()).toBe(0);
    });

    it("cuts off what takes longer than a second", async () => {
      const closed = listenOnBun(bun, handlers, place).close();
      vi.advanceTimersByTime(999);
      expect(bun.stops).toEqual([undefined]);
      vi.advanceTimersByTime(1);
      await closed;
      expect(bun.stops).toEqual([undefined, true]);
    });
  });
});

import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { fromFastify } from "../../../src/adapter/frameworks/fastify.ts";
import { SharedServer } from "../../../src/adapter/node/shared-server.ts";

type Hook = (...values: never[]) => unknown;

/** A Fastify application, as the adapter sees it. */
class FakeFastify {
  readonly server = createServer();
  readonly hooks = new Map<string, Hook>();
  readonly lateHooks: Hook[] = [];
  readonly #isStarted: boolean;

  constructor({ isStarted = false } = {}) {
    this.#isStarted = isStarted;
  }

  listen() {}
  close() {}
  inject() {}

  addHook(name: string, hook: Hook): void {
    if (this.#isStarted) throw new Error("the application has started");
    this.hooks.set(name, hook);
  }

  onClose(hook: Hook): void {
    this.lateHooks.push(hook);
  }
}

const methods = { listen() {}, close() {}, inject() {}, addHook() {} };

describe("fromFastify", () => {
  it("refuses to make a server, because the application has one", async () => {
    const application = fromFastify(new FakeFastify());
    await expect(application?.makeServer(() => createServer())).rejects.toMatchObject({
      code: "ERR_STATE",
      message: "A Fastify application has a server of its own.",
    });
  });

  it.each([
    ["without a server", methods],
    ["that nothing can be injected into", { ...methods, server: {}, inject: undefined }],
  ])("does not recognise an application %s", (_what, app) => {
    expect(fromFastify(app)).toBeUndefined();
  });

  it("takes an application that has started and adds no more hooks", () => {
    const app = new FakeFastify({ isStarted: true });
    const application = fromFastify(app);
    expect(application?.server).toBe(app.server);
    const run = async () => {};
    application?.beforeClose?.(run);
    expect(app.lateHooks).toEqual([run]);
  });

  it("has a function run before the application waits for its connections", () => {
    const app = new FakeFastify();
    const run = async () => {};
    fromFastify(app)?.beforeClose?.(run);
    expect([app.hooks.get("preClose"), app.lateHooks]).toEqual([run, []]);
  });

  it("offers requests of the application's other servers, and leaves to Fastify what no one takes", () => {
    const app = new FakeFastify();
    fromFastify(app);
    const taken: unknown[] = [];
    SharedServer.of(app.server).attach({
      owns: () => false,
      takeRequest: (request) => request.url === "/socket.io/" && taken.push(request) > 0,
      takeUpgrade() {},
      takeStream: () => false,
    });
    const onRequest = app.hooks.get("onRequest") as (...values: unknown[]) => void;
    const ask = (url: string) => {
      const reply = { raw: new EventEmitter(), hijack: vi.fn() };
      const done = vi.fn();
      onRequest({ raw: { url, httpVersionMajor: 1 } }, reply, done);
      return [reply.hijack.mock.calls.length, done.mock.calls.length];
    };
    expect([ask("/socket.io/"), ask("/page")]).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(taken).toHaveLength(1);
  });
});

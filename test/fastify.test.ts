import fastify, { type FastifyInstance } from "fastify";
import { emit, SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type RoomcastPluginOptions, roomcast } from "../src/fastify.ts";
import { connect, next, transports } from "./runtime/support/clients.ts";
import { urlOf } from "./runtime/support/http.ts";

function create(): FastifyInstance {
  const app = fastify();
  app.get("/", async () => "home");
  onTestFinished(() => app.close());
  return app;
}

async function listen(app: FastifyInstance): Promise<string> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return urlOf(app.server);
}

describe.each(transports)("The plugin for Fastify, with clients over %s", (transport) => {
  it("serves them beside the application's routes, and ends with app.close()", async () => {
    const app = create();
    await app.register(roomcast, { namespaces: ["/chat"] });
    const left = vi.fn();
    app.socketio.on("say", (text: string) => {
      emit("said", text);
      return "delivered";
    });
    app.socketio.on("disconnect", left);
    app.get("/clients", async function clients() {
      return this.socketio.clientCount;
    });
    const url = await listen(app);
    const client = await connect(url, { transports: [transport] });
    await connect(`${url}/chat`, { transports: [transport] });
    const said = next(client, "said");
    expect(await client.timeout(15_000).emitWithAck("say", "hello")).toBe("delivered");
    expect(await said).toBe("hello");
    expect(await (await fetch(url)).text()).toBe("home");
    expect(await (await fetch(`${url}/clients`)).text()).toBe("2");
    expect(app.socketio.ready).toBe(true);
    const gone = next(client, "disconnect");
    await app.close();
    await gone;
    expect(left).toHaveBeenCalledExactlyOnceWith("server shutting down");
    expect(app.socketio.ready).toBe(false);
  });
});

describe("The plugin for Fastify", () => {
  it("takes a server with its handlers, also from within another plugin", async () => {
    const app = create();
    const socketio = new SocketIO({ path: "/live" });
    socketio.on("add", (a: number, b: number) => a + b);
    await app.register(async (inner) => {
      await inner.register(roomcast, { socketio });
      expect(inner.socketio).toBe(socketio);
    });
    expect(app.hasDecorator("socketio")).toBe(false);
    const client = await connect(await listen(app), { path: "/live" });
    expect(await client.timeout(15_000).emitWithAck("add", 1, 2)).toBe(3);
  });

  it("has the name that Fastify's messages and plugin tree show", async () => {
    const app = create();
    await app.register(roomcast);
    expect(app.hasPlugin("roomcast")).toBe(true);
    await app.ready();
    expect(app.printPlugins()).toContain("roomcast");
  });

  it.each<[string, unknown, string]>([
    ["an unknown option", { pingTimout: 5 }, 'Did you mean "pingTimeout"?'],
    ["a prefix, which has no effect here", { prefix: "/live" }, 'has no option "prefix"'],
    ["something else than a server", { socketio: {} }, "must be a server of new SocketIO(), not {}"],
  ])("refuses %s", async (_what, options, text) => {
    const app = create();
    await expect(app.register(roomcast, options as RoomcastPluginOptions)).rejects.toMatchObject({
      code: "ERR_OPTION",
      message: expect.stringContaining(text),
    });
  });

  it("is registered once", async () => {
    const app = create();
    await app.register(roomcast);
    await expect(app.register(roomcast)).rejects.toMatchObject({ code: "ERR_STATE" });
  });
});

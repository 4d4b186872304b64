import dns from "node:dns";
import fastify, { type FastifyInstance } from "fastify";
import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { connect, next, transports } from "./support/clients.ts";
import { describeFramework, type SitePlan } from "./support/framework.suite.ts";
import { urlOf } from "./support/http.ts";

function application({ seen, story, tls }: SitePlan): FastifyInstance {
  const app = fastify({ https: tls ?? null } as object) as FastifyInstance;
  app.addHook("onRequest", async (request) => {
    seen.push(request.url.split("?")[0] ?? "");
  });
  app.get("/", async () => "home");
  app.post<{ Body: { text: string } }>("/echo", async (request) => request.body.text);
  app.get("/story", (_request, reply) => reply.send(story()));
  app.get("/socket.iox", async () => "the application's own");
  app.get("/socket.io/", async () => "the application's own");
  return app;
}

describe("a Fastify application", () => {
  describeFramework(
    (plan) => {
      const app = application(plan);
      return {
        app,
        async listen() {
          await app.listen({ port: 0, host: "127.0.0.1" });
          return app.server;
        },
      };
    },
    { hasServer: true },
  );

  it("is closed by stop(), with its own hooks, if run() made it listen", async () => {
    const app = fastify();
    const closed = vi.fn(async () => {});
    app.addHook("onClose", closed);
    const socketio = new SocketIO(app);
    await socketio.run({ port: 0 });
    await socketio.stop();
    expect(closed).toHaveBeenCalledOnce();
  });

  describe.each(transports)("that closes itself, with a client over %s", (transport) => {
    it.each([
      { title: "it listens itself", isStarted: false, byRun: false },
      { title: "run() has it listen", isStarted: false, byRun: true },
      { title: "it had started before Roomcast came", isStarted: true, byRun: false },
    ])("ends, and tells handlers and hooks, where $title", async ({ isStarted, byRun }) => {
      const app = fastify();
      const closed = vi.fn(async () => {});
      app.addHook("onClose", closed);
      if (isStarted) await app.listen({ port: 0, host: "127.0.0.1" });
      const socketio = new SocketIO(app);
      const left = vi.fn();
      socketio.on("disconnect", left);
      onTestFinished(() => socketio.stop());
      if (byRun) await socketio.run({ port: 0 });
      else if (!isStarted) await app.listen({ port: 0, host: "127.0.0.1" });
      const client = await connect(urlOf(app.server), { transports: [transport] });
      const gone = next(client, "disconnect");
      await app.close();
      expect(closed).toHaveBeenCalledOnce();
      expect(left).toHaveBeenCalledExactlyOnceWith("server shutting down");
      await gone;
    });
  });

  it("serves clients on every address of localhost, where Fastify opens a server for each", async () => {
    // By default Fastify listens on localhost, which has two addresses on most machines: 127.0.0.1 and ::1.
    const { lookup } = dns;
    const addresses = [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ];
    const both = (name: string, options: dns.LookupAllOptions, done: (...values: unknown[]) => void) => {
      if (name === "localhost" && options.all === true) done(null, addresses);
      else lookup(name, options, done as never);
    };
    vi.spyOn(dns, "lookup").mockImplementation(both as never);
    onTestFinished(() => void vi.restoreAllMocks());

    const app = fastify();
    app.get("/", async () => "home");
    const socketio = new SocketIO(app);
    socketio.on("add", (a: number, b: number) => a + b);
    onTestFinished(() => socketio.stop());
    onTestFinished(() => app.close());
    await app.listen({ port: 0 });
    for (const url of [urlOf(app.server), urlOf(app.server, "[::1]")]) {
      expect(await (await fetch(url)).text()).toBe("home");
      expect((await fetch(`${url}/nowhere`)).status).toBe(404);
      for (const transport of transports) {
        const client = await connect(url, { transports: [transport] });
        expect(await client.emitWithAck("add", 1, 2)).toBe(3);
      }
    }
    await socketio.stop();
    expect((await fetch(`${urlOf(app.server, "[::1]")}/socket.io/`)).status).toBe(404);
  });
});

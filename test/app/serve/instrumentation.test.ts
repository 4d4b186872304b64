import { createServer } from "node:http";
import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { LogBook, portlessServer } from "../../support/portless-server.ts";
import { startServer } from "../../support/server.ts";

const auth = { type: "basic", password: () => true } as const;

describe("instrument()", () => {
  it("is called once", () => {
    const { socketio } = portlessServer();
    expect(socketio.instrument({ auth })).toBe(socketio);
    expect(() => socketio.instrument({ auth, namespace: "/other" })).toThrow(
      expect.objectContaining({ code: "ERR_STATE" }),
    );
  });

  it("takes a path that the dashboard has not, and the other way round", () => {
    const dashboard = { auth: { username: "ops", password: "correct horse" }, path: "/admin" };
    const { socketio } = portlessServer();
    socketio.dashboard(dashboard);
    expect(() => socketio.instrument({ auth, serveUi: true })).toThrow('serves at "/admin" would hide');
    expect(() => socketio.instrument({ auth, serveUi: "/socket.io" })).toThrow("the path of the clients");
    socketio.instrument({ auth, serveUi: "/admin-ui/" });
    const { socketio: other } = portlessServer();
    other.instrument({ auth, serveUi: true });
    expect(() => other.dashboard(dashboard)).toThrow('serves at "/admin" would hide');
    other.dashboard({ ...dashboard, path: "/ops" });
  });

  it("takes a namespace that the program has not", () => {
    const { socketio } = portlessServer();
    socketio.namespace("/admin");
    expect(() => socketio.instrument({ auth })).toThrow("has handlers of the program");
    socketio.instrument({ auth, namespace: "/ops" });
    expect(() => socketio.on("tea", () => {}, { namespace: "/ops" })).toThrow(
      expect.objectContaining({ code: "ERR_NAMESPACE" }),
    );
  });

  it("hides its namespace from handlers and middleware of all namespaces", async () => {
    const { socketio } = portlessServer({ namespaces: "*" });
    const seen: unknown[] = [];
    socketio.use((context, next) => {
      seen.push(context.namespace);
      return next();
    });
    socketio.namespace("*").on("*", (event: string) => void seen.push(event));
    socketio.instrument({ auth });
    const client = socketio.testClient();
    await client.connect("/admin", { username: "ada", password: "tea" });
    await client.call("nonsense", undefined, "/admin").catch(() => {});
    expect(seen).toEqual([]);
  });

  it("serves the pages beside the application", async () => {
    const http = createServer((_request, response) => response.end("the application"));
    const socketio = new SocketIO(http, { logger: new LogBook() });
    onTestFinished(() => socketio.stop());
    socketio.instrument({ auth, serveUi: true });
    const { url } = await socketio.run({ port: 0 });
    const page = await fetch(`${url}/admin`);
    expect([page.status, page.url]).toEqual([200, `${url}/admin/`]);
    expect(await page.text()).toContain("Socket.IO Admin UI");
    const again = await fetch(`${url}/admin/`, {
      headers: { "if-none-match": page.headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
    expect(await (await fetch(`${url}/administrator`)).text()).toBe("the application");
  });

  it("may come after the server has begun to run", async () => {
    const { socketio, url } = await startServer();
    socketio.instrument({ auth, serveUi: "/ops" });
    expect((await fetch(`${url}/ops/`)).status).toBe(200);
  });
});

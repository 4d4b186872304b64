import { createServer } from "node:http";
import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { LogBook, portlessServer } from "../../support/portless-server.ts";

const app = () => {};

function server(given?: ConstructorParameters<typeof SocketIO>[0]) {
  const socketio = new SocketIO(given ?? null, { logger: new LogBook() });
  onTestFinished(() => socketio.stop());
  return socketio;
}

describe("attach()", () => {
  it("refuses values that are not servers", () => {
    const { socketio } = portlessServer();
    expect(() => socketio.attach(app as never)).toThrow(expect.objectContaining({ code: "ERR_APP" }));
  });

  it("gives run() the server to listen with", async () => {
    const { socketio } = portlessServer();
    const http = createServer();
    socketio.attach(http);
    const { port } = await socketio.run({ port: 0 });
    expect(http.address()).toMatchObject({ port });
  });

  it("refuses to choose between two servers that do not listen", async () => {
    const { socketio } = portlessServer();
    socketio.attach(createServer()).attach(createServer());
    await expect(socketio.run({ port: 0 })).rejects.toMatchObject({
      code: "ERR_STATE",
      message: expect.stringContaining("2 servers"),
    });
  });
});

describe("an application", () => {
  it("is taken once, before the server runs", async () => {
    expect(() => server(app).initApp(app)).toThrow("has an application already");
    const running = server();
    await running.run({ port: 0 });
    expect(() => running.initApp(app)).toThrow(expect.objectContaining({ code: "ERR_STATE" }));
  });

  it("answers the requests that are not Roomcast's", async () => {
    const socketio = server((_request: unknown, response: { end(text: string): void }) =>
      response.end("the application"),
    );
    const { url } = await socketio.run({ port: 0 });
    expect(await (await fetch(url)).text()).toBe("the application");
  });

  it("is not found where there is none", async () => {
    const { url } = await server().run({ port: 0 });
    expect((await fetch(url)).status).toBe(404);
  });
});

describe("bunHandlers()", () => {
  it("is refused on Node", () => {
    expect(() => server().bunHandlers()).toThrow(expect.objectContaining({ code: "ERR_APP" }));
  });
});

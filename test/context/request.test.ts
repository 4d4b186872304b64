import { request } from "roomcast";
import { describe, expect, it } from "vitest";
import { args } from "../../src/contract/arguments.ts";
import { joinedClient, portlessServer } from "../support/portless-server.ts";

describe("request", () => {
  it("tells of the event, its sender and the connection", async () => {
    const { socketio } = portlessServer();
    socketio.on("look", () => ({ ...request, query: request.query.get("room") }), { namespace: "/chat" });
    const client = socketio.testClient({
      headers: { "X-Tag": "t", host: "example.com" },
      query: { room: "kitchen" },
      address: "192.0.2.7",
    });
    await client.connect("/chat", { token: "abc" });
    expect(await client.call("look", args(1, "b"), "/chat")).toEqual({
      sid: client.sid("/chat"),
      namespace: "/chat",
      event: { name: "look", args: [1, "b"] },
      auth: { token: "abc" },
      headers: { "x-tag": "t", host: "example.com" },
      url: expect.stringMatching(/^\/socket\.io\/\?room=kitchen&/),
      query: "kitchen",
      address: "192.0.2.7",
      secure: false,
      transport: "websocket",
      recovered: false,
      publicData: {},
    });
  });

  it("keeps what everybody may know of a client, for each namespace", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    socketio.on("connect", (auth) => {
      request.publicData.name = auth.name;
    });
    socketio.on("rename", (name: string) => {
      request.publicData.name = name;
      return request.publicData;
    });
    const client = await joinedClient(socketio, "/", { name: "Ada" });
    await client.connect("/chat");
    const known = async (namespace: string) =>
      (await socketio.sockets({ namespace })).map((info) => info.publicData);
    expect([await known("/"), await known("/chat")]).toEqual([[{ name: "Ada" }], [{}]]);
    expect(await client.call("rename", "Countess")).toEqual({ name: "Countess" });
    expect(await known("/")).toEqual([{ name: "Countess" }]);
  });

  it("tells of the special events too", async () => {
    const { socketio } = portlessServer();
    const events: unknown[] = [];
    const note = () => void events.push(request.event);
    socketio.on("connect", note).on("disconnect", note).on("*", note);
    const client = await joinedClient(socketio, "/", { token: "abc" });
    await client.emit("anything", 7);
    await client.drop();
    expect(events).toEqual([
      { name: "connect", args: [{ token: "abc" }] },
      { name: "anything", args: [7] },
      { name: "disconnect", args: ["transport close"] },
    ]);
  });
});

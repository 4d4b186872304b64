import { emit, request, type TestClientOptions } from "roomcast";
import { describe, expect, it } from "vitest";
import { portlessServer } from "../support/portless-server.ts";

describe("the options of a test client", () => {
  it.each<[string, object]>([
    ["an unknown name", { query_string: "a=1" }],
    ["headers that are no object", { headers: "cookie" }],
    ["a header that is no text", { headers: { a: 1 } }],
    ["a query that is a number", { query: 1 }],
    ["a parameter that is a number", { query: { a: 1 } }],
    ["a namespace without its slash", { namespace: "chat" }],
    ["auth that is a text", { auth: "secret" }],
    ["a timeout of nothing", { timeout: 0 }],
    ["a switch that is a text", { propagateErrors: "no" }],
  ])("refuse %s", (_what, options) => {
    const { socketio } = portlessServer();
    expect(() => socketio.testClient(options as TestClientOptions)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^ERR_(OPTION|NAMESPACE)$/),
        message: expect.stringContaining("testClient()"),
      }),
    );
  });

  it.each<[string, TestClientOptions["query"]]>([
    ["a text", "a=1&b=2&a=3"],
    ["an object", { a: ["1", "3"], b: "2" }],
    [
      "parameters",
      new URLSearchParams([
        ["a", "1"],
        ["b", "2"],
        ["a", "3"],
      ]),
    ],
  ])("send a query that repeats a parameter, as %s", async (_what, query) => {
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    socketio.on("connect", () => void seen.push(request.query.getAll("a"), request.query.get("b")));
    await socketio.testClient({ query }).connect();
    expect(seen).toEqual([["1", "3"], "2"]);
  });

  it("say which namespace its methods mean, and what it sends along", async () => {
    const { socketio } = portlessServer();
    const auths: unknown[] = [];
    socketio.namespace("/chat").events({
      connect: (auth: unknown) => void auths.push(auth),
      say: (text: string) => emit("said", text),
      ask: () => "answer",
      message: () => {},
    });
    const client = socketio.testClient({ namespace: "/chat", auth: { token: 1 } });
    await client.connect();
    expect(client.isConnected()).toBe(true);
    expect(client.isConnected("/")).toBe(false);
    expect(client.sid()).toBe(client.sid("/chat"));
    await client.emit("say", "hi");
    await client.send("text");
    expect(await client.call("ask")).toBe("answer");
    expect(client.received()).toEqual([{ name: "said", args: ["hi"], namespace: "/chat" }]);
    await client.disconnect();
    await client.connect("/chat", { token: 2 });
    expect(auths).toEqual([{ token: 1 }, { token: 2 }]);
  });

  it('take an empty namespace for "/", and a header of several values', async () => {
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    socketio.on("connect", () => void seen.push(request.headers["x-many"], request.headers.cookie));
    const client = socketio.testClient({ namespace: "", headers: { "X-Many": ["a", "b"], Cookie: "c=1" } });
    await client.connect();
    expect(client.isConnected("/")).toBe(true);
    expect(seen).toEqual([["a", "b"], "c=1"]);
  });
});

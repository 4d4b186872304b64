import { Namespace, type SocketIO } from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, portlessServer } from "../../support/portless-server.ts";

const registrations: readonly [string, (socketio: SocketIO, event: string) => unknown][] = [
  ["on()", (socketio, event) => socketio.on(event, () => {})],
  ["onEvent()", (socketio, event) => socketio.onEvent(event, () => {})],
  ["events()", (socketio, event) => socketio.events({ [event]: () => {} })],
  ["a namespace's on()", (socketio, event) => socketio.namespace("/chat").on(event, () => {})],
  ["event()", (socketio, event) => socketio.event(Object.defineProperty(() => {}, "name", { value: event }))],
  [
    "a class namespace",
    (socketio, event) => {
      class Chat extends Namespace {}
      Object.defineProperty(Chat.prototype, `on_${event}`, { value: () => {} });
      return socketio.onNamespace(new Chat("/chat"));
    },
  ],
];

const eventName = (message: string) =>
  expect.objectContaining({ code: "ERR_EVENT_NAME", message: expect.stringContaining(message) });

describe.each(registrations)("a handler by %s", (_way, register) => {
  it.each(["connection", "Connect", "conect", "on_connect"])("for %j is told to be for `connect`", (name) => {
    const { socketio } = portlessServer();
    expect(() => register(socketio, name)).toThrow(
      eventName('Did you mean "connect"? Its handler gets what the client sent along (auth), and no socket.'),
    );
  });

  it.each(["disconnecting", "disconnection", "Disconnect", "disconect"])(
    "for %j is told to be for `disconnect`",
    (name) => {
      const { socketio } = portlessServer();
      expect(() => register(socketio, name)).toThrow(eventName('Did you mean "disconnect"?'));
    },
  );

  it("for `connect_error` is told how clients are refused", () => {
    const { socketio } = portlessServer();
    expect(() => register(socketio, "connect_error")).toThrow(eventName("throw a ConnectionRefusedError"));
  });

  it.each(["connected", "connections", "reconnect", "message", "toString", "__proto__"])(
    "for %j is an ordinary one",
    (name) => {
      const { socketio } = portlessServer();
      expect(() => register(socketio, name)).not.toThrow();
    },
  );
});

describe("a client's event that is named like a special one", () => {
  it('reaches the handler for "*", to which the error points', async () => {
    const { socketio } = portlessServer();
    // @ts-expect-error the compiler refuses the handler, too
    expect(() => socketio.on("connection", () => {})).toThrow(eventName('handle it with "*"'));
    socketio.on("*", (name) => name);
    const client = await joinedClient(socketio);
    expect(await client.call("connection")).toBe("connection");
  });
});

describe("a class namespace", () => {
  it.each(["onConnect", "onConnection", "onDisconnect"])(
    "with the method %s is told the names of handlers",
    (key) => {
      class Chat extends Namespace {}
      Object.defineProperty(Chat.prototype, key, { value: () => {} });
      const { socketio } = portlessServer();
      expect(() => socketio.onNamespace(new Chat("/chat"))).toThrow(eventName("on_connect"));
    },
  );

  it("may have other methods", () => {
    class Chat extends Namespace {
      onlyText(text: unknown) {
        return typeof text === "string";
      }
    }
    const { socketio } = portlessServer();
    expect(() => socketio.onNamespace(new Chat("/chat"))).not.toThrow();
  });
});

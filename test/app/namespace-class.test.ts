import { emit, Namespace, request, type SocketIO, type TestClient } from "roomcast";
import { describe, expect, it } from "vitest";
import { handlersOfClass } from "../../src/app/namespace-class.ts";
import { joinedClient, portlessServer } from "../support/portless-server.ts";

describe("a class namespace", () => {
  it("handles each event with the method named after it", async () => {
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    class Chat extends Namespace {
      on_connect(auth: unknown) {
        seen.push(["connect", auth]);
        emit("welcome", request.sid);
      }
      on_my_event(message: { data: string }) {
        return `got ${message.data}`;
      }
      "on_*"(event: string, value: unknown) {
        seen.push([event, value]);
      }
      on_disconnect(reason: string) {
        seen.push(["disconnect", reason]);
      }
      other() {
        seen.push("never");
      }
    }
    socketio.onNamespace(new Chat("/chat"));
    const client = await joinedClient(socketio, "/chat", { token: 1 });
    expect(client.received()).toEqual([{ name: "welcome", args: [client.sid("/chat")], namespace: "/chat" }]);
    expect(await client.call("my_event", { data: "x" }, "/chat")).toBe("got x");
    await client.emit("other", 7, "/chat");
    await client.disconnect("/chat");
    expect(seen).toEqual([
      ["connect", { token: 1 }],
      ["other", 7],
      ["disconnect", "client namespace disconnect"],
    ]);
  });

  it('is the namespace "/" where it is given no name', async () => {
    const { socketio } = portlessServer();
    class Main extends Namespace {
      on_hello = () => "world";
    }
    socketio.onNamespace(new Main());
    expect(await (await joinedClient(socketio)).call("hello")).toBe("world");
  });

  it("calls its methods as methods, and each instance has its own state", async () => {
    const { socketio } = portlessServer();
    class Counter extends Namespace {
      #count = 0;
      readonly step: number;
      constructor(name: string, step: number) {
        super(name);
        this.step = step;
      }
      async on_count() {
        await Promise.resolve();
        this.#count += this.step;
        return [this.name, this.#count];
      }
    }
    socketio.onNamespace(new Counter("/ones", 1)).onNamespace(new Counter("/tens", 10));
    const client = await joinedClient(socketio, "/ones");
    await client.connect("/tens");
    await client.emit("count", undefined, "/ones");
    expect(await client.call("count", undefined, "/ones")).toEqual(["/ones", 2]);
    expect(await client.call("count", undefined, "/tens")).toEqual(["/tens", 10]);
  });

  it("inherits handlers, and its own come first", async () => {
    const { socketio } = portlessServer();
    class Base extends Namespace {
      on_a() {
        return "base a";
      }
      on_b() {
        return "base b";
      }
      on_c(): unknown {
        return "base c";
      }
    }
    class Middle extends Base {
      override on_b() {
        return "middle b";
      }
    }
    class Top extends Middle {
      override on_c() {
        return `top c, ${super.on_c()}`;
      }
    }
    socketio.onNamespace(new Top("/"));
    const client = await joinedClient(socketio);
    expect(await Promise.all(["a", "b", "c"].map((event) => client.call(event)))).toEqual([
      "base a",
      "middle b",
      "top c, base c",
    ]);
  });

  it("takes back an inherited handler by a property that is no function", () => {
    class Base extends Namespace {
      on_a(): unknown {
        return 1;
      }
    }
    class Without extends Base {}
    Object.defineProperty(Without.prototype, "on_a", { value: undefined });
    expect([...handlersOfClass(new Without()).keys()]).toEqual([]);
  });

  it("does not read its getters", () => {
    const reads: string[] = [];
    class Lazy extends Namespace {
      get expensive() {
        reads.push("expensive");
        return () => {};
      }
      get on_expensive() {
        reads.push("on_expensive");
        return () => {};
      }
      static on_static() {}
      on_event() {}
    }
    expect([...handlersOfClass(new Lazy()).keys()]).toEqual(["event"]);
    expect(reads).toEqual([]);
  });

  it("registers nothing when one of its events is taken", async () => {
    const { socketio } = portlessServer();
    class Chat extends Namespace {
      on_free() {
        return "class";
      }
      on_taken() {}
    }
    socketio.on("taken", () => "function", { namespace: "/chat" });
    expect(() => socketio.onNamespace(new Chat("/chat"))).toThrow(
      expect.objectContaining({ code: "ERR_HANDLER", message: expect.stringContaining('"taken"') }),
    );
    socketio.on("free", () => "function", { namespace: "/chat" });
    const client = await joinedClient(socketio, "/chat");
    expect(await client.call("free", undefined, "/chat")).toBe("function");
  });

  it.each([
    ["the class itself", class Chat extends Namespace {}],
    ["an object", { name: "/chat", on_event() {} }],
    ["nothing", undefined],
  ])("refuses %s in its place", (_what, value) => {
    const { socketio } = portlessServer();
    expect(() => socketio.onNamespace(value as unknown as Namespace)).toThrow(
      expect.objectContaining({ code: "ERR_HANDLER", message: expect.stringContaining("new Chat(") }),
    );
  });

  describe("acts in its own namespace", () => {
    const texts = (client: TestClient) => client.received().map(({ name, args }) => [name, ...args]);

    /** Two clients of "/chat" and one of "/". */
    async function members(socketio: SocketIO) {
      const ada = await joinedClient(socketio, "/chat");
      const bob = await joinedClient(socketio, "/chat");
      const other = await joinedClient(socketio);
      return { ada, bob, other };
    }

    it("sends to every client of the namespace where the imported function answers the sender", async () => {
      const { socketio } = portlessServer();
      class Chat extends Namespace {
        on_say(text: string) {
          this.emit("said", text);
          this.send(text);
          this.send({ text }, { json: true });
          emit("seen", text);
        }
      }
      socketio.onNamespace(new Chat("/chat"));
      const { ada, bob, other } = await members(socketio);
      await ada.emit("say", "hello", "/chat");
      const broadcast = [
        ["said", "hello"],
        ["message", "hello"],
        ["json", { text: "hello" }],
      ];
      expect(texts(ada)).toEqual([...broadcast, ["seen", "hello"]]);
      expect(texts(bob)).toEqual(broadcast);
      expect(texts(other)).toEqual([]);
    });

    it("leaves out the sender, and names rooms, clients and other namespaces", async () => {
      const { socketio } = portlessServer();
      class Chat extends Namespace {
        on_say() {
          this.emit("others", 1, { includeSelf: false });
          this.emit("self", 2, { to: request.sid });
          this.emit("not self", 3, { skipSid: request.sid });
          this.emit("elsewhere", 4, { namespace: "/" });
        }
      }
      socketio.onNamespace(new Chat("/chat"));
      const { ada, bob, other } = await members(socketio);
      await ada.emit("say", undefined, "/chat");
      expect(texts(ada)).toEqual([["self", 2]]);
      expect(texts(bob)).toEqual([
        ["others", 1],
        ["not self", 3],
      ]);
      expect(texts(other)).toEqual([["elsewhere", 4]]);
    });

    it("moves clients between rooms, closes rooms, asks and disconnects", async () => {
      const { socketio } = portlessServer();
      const chat = new (class Chat extends Namespace {
        async on_join(room: string) {
          await this.joinRoom(room, { sid: request.sid });
          return await this.rooms({ sid: request.sid });
        }
        async on_leave(room: string) {
          await this.leaveRoom(room, { sid: request.sid });
        }
        async on_close(room: string) {
          await this.closeRoom(room);
        }
        async on_ask(sid: string) {
          return await this.call("question", 6, { to: sid });
        }
        async on_kick(sid: string) {
          await this.disconnect({ sid });
        }
      })("/chat");
      socketio.onNamespace(chat);
      const { ada, bob } = await members(socketio);
      bob.on("question", (value: number) => value * 7);
      expect(await ada.call("join", "tea", "/chat")).toEqual([ada.sid("/chat"), "tea"]);
      await bob.call("join", "tea", "/chat");
      await ada.emit("leave", "tea", "/chat");
      chat.emit("in", undefined, { to: "tea" });
      await ada.emit("close", "tea", "/chat");
      chat.emit("empty", undefined, { to: "tea" });
      expect(await ada.call("ask", bob.sid("/chat"), "/chat")).toBe(42);
      expect([texts(ada), texts(bob)]).toEqual([[], [["in"], ["question", 6]]]);
      await ada.emit("kick", bob.sid("/chat"), "/chat");
      expect(bob.isConnected("/chat")).toBe(false);
    });

    it("acts from outside of handlers, and says so where it is not registered", async () => {
      const { socketio } = portlessServer();
      class Chat extends Namespace {}
      const chat = new Chat("/chat");
      expect(() => chat.emit("early")).toThrow(
        expect.objectContaining({ code: "ERR_STATE", message: expect.stringContaining("onNamespace") }),
      );
      socketio.onNamespace(chat);
      const client = await joinedClient(socketio, "/chat");
      chat.emit("news", 1);
      await client.idle();
      expect(texts(client)).toEqual([["news", 1]]);
      expect((await chat.sockets()).map(({ sid }) => sid)).toEqual([client.sid("/chat")]);
    });

    it("belongs to one server", () => {
      class Chat extends Namespace {}
      const chat = new Chat("/chat");
      portlessServer().socketio.onNamespace(chat);
      expect(() => portlessServer().socketio.onNamespace(chat)).toThrow(
        expect.objectContaining({ code: "ERR_HANDLER", message: expect.stringContaining("another server") }),
      );
    });
  });
});

import { args, type RoomcastError, SocketIO } from "roomcast";
import { describe, expectTypeOf, it } from "vitest";

/** Checked only by the compiler: nothing in here is called. */
function compiles(..._programs: (() => unknown)[]): void {}

describe("new SocketIO<Contract>()", () => {
  interface Contract {
    clientToServerEvents: { my_event(message: { data: string }): void; sum(a: number, b: number): number };
    serverToClientEvents: { my_response(message: { data: string }): void; ask(): boolean };
    publicData: { name: string };
  }
  const socketio = new SocketIO<Contract>();

  it("checks the server's own methods", () => {
    compiles(
      () => socketio.on("my_event", ({ data }) => expectTypeOf(data).toBeString()),
      () => socketio.on("sum", async (a, b) => a + b, { namespace: "/chat" }),
      () =>
        socketio.events({ my_event: ({ data }) => data, sum: (a, b) => a + b, "*": (event) => event.length }),
      () => socketio.emit("my_response", { data: "x" }, { to: "room" }),
      () => expectTypeOf(socketio.call("ask", undefined, { to: "sid" })).resolves.toBeBoolean(),
      async () => {
        for (const answer of await socketio.callAll("ask", undefined, { to: "room", timeout: 5 })) {
          expectTypeOf(answer.sid).toBeString();
          if (answer.error === undefined) expectTypeOf(answer.value).toBeBoolean();
          else expectTypeOf(answer.error).toEqualTypeOf<RoomcastError>();
        }
        for await (const { value } of socketio.callAll("ask"))
          expectTypeOf(value).toEqualTypeOf<boolean | undefined>();
      },
      async () => {
        const [info] = await socketio.sockets({ to: "room" });
        expectTypeOf(info?.publicData.name).toEqualTypeOf<string | undefined>();
        // @ts-expect-error nothing of that name is public
        info?.publicData.password;
      },
      // @ts-expect-error no client sends this event
      () => socketio.on("my_response", () => {}),
      // @ts-expect-error the sum is a number
      () => socketio.on("sum", () => "1"),
      // @ts-expect-error the server sends no such event
      () => socketio.emit("my_event", { data: "x" }),
      // @ts-expect-error the server sends no such event
      () => socketio.callAll("my_event", { data: "x" }),
      // @ts-expect-error the data is missing
      () => socketio.emit("my_response"),
      // @ts-expect-error the answer is true or false
      () => socketio.emit("ask", undefined, { callback: (answer: string) => answer }),
    );
  });

  it("is refused when it has no member of a contract", () => {
    compiles(
      // @ts-expect-error the members of a contract have other names
      () => new SocketIO<{ clientEvents: Contract["clientToServerEvents"] }>(),
      // @ts-expect-error events are an object
      () => new SocketIO<{ clientToServerEvents: string }>(),
    );
  });

  it("hands its contract on to its namespaces, which may have their own", () => {
    interface Chat {
      clientToServerEvents: { say(text: string): void };
      serverToClientEvents: { said(name: string, text: string): void };
    }
    const chat = socketio.namespace<Chat>("/chat");
    compiles(
      () => socketio.namespace("/same").emit("my_response", { data: "x" }),
      () => chat.on("say", (text) => expectTypeOf(text).toBeString()),
      () => chat.on("connect", () => {}),
      () => chat.emit("said", args("Ada", "hello")),
      // @ts-expect-error that is an event of the server, not of this namespace
      () => chat.on("my_event", () => {}),
      // @ts-expect-error two values are wanted
      () => chat.emit("said", "Ada"),
      // @ts-expect-error the server itself sends no such event
      () => socketio.emit("said", args("Ada", "hello")),
    );
  });
});

describe("a contract in the style of Socket.IO", () => {
  interface ServerToClient {
    noArg: () => void;
    basicEmit: (a: number, b: string, c: Buffer) => void;
    withAck: (d: string, callback: (e: number) => void) => void;
  }
  interface ClientToServer {
    hello: () => void;
    question: (text: string, callback: (answer: string, sure: boolean) => void) => void;
    perhaps: (text: string, callback?: (answer: string) => void) => void;
  }
  const socketio = new SocketIO<{
    clientToServerEvents: ClientToServer;
    serverToClientEvents: ServerToClient;
  }>();

  it("works unchanged: the callback is the acknowledgement", () => {
    compiles(
      () => socketio.on("hello", () => {}),
      () => socketio.on("question", (text) => args(text, true)),
      () => socketio.on("perhaps", async (text) => text),
      () => socketio.emit("noArg"),
      () => socketio.emit("basicEmit", args(1, "2", Buffer.from("3"))),
      () => socketio.emit("withAck", "d", { callback: (e) => expectTypeOf(e).toBeNumber() }),
      () => expectTypeOf(socketio.call("withAck", "d", { to: "sid" })).resolves.toBeNumber(),
      // @ts-expect-error the answer has two values
      () => socketio.on("question", (text) => text),
      // @ts-expect-error the handler gets no callback: what it returns is the answer
      () => socketio.on("perhaps", (text, callback) => callback(text)),
      // @ts-expect-error the third value is missing
      () => socketio.emit("basicEmit", args(1, "2")),
    );
  });
});

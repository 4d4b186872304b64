import type { RequestHandler } from "express";
import {
  args,
  bindContext,
  call,
  disconnect,
  emit,
  joinRoom,
  Namespace,
  request,
  rooms,
  SocketIO,
  send,
  session,
} from "roomcast";
import { describe, expectTypeOf, it } from "vitest";

/** Checked only by the compiler: nothing in here is called. */
function compiles(..._programs: (() => unknown)[]): void {}

const socketio = new SocketIO();
const expressHandler: RequestHandler = (_req, _res, next) => next();

describe("without a contract", () => {
  it("handlers take the types that they declare", () => {
    compiles(
      () => socketio.on("my_event", (message: { data: string }) => message.data),
      () => socketio.on("my_event", (message) => message.data),
      () => socketio.on("move", (x: number, y: number) => x + y),
      () =>
        socketio.event(function my_ping(n: number) {
          return n;
        }),
      () =>
        socketio.events({ a: (n: number) => n, async connect() {}, disconnect: (reason) => reason.length }),
      () => socketio.namespace("/chat").on("a", (n: number) => n),
      () => socketio.on("connect", (auth) => auth.token === "abc"),
      () => socketio.on("disconnect", (reason) => expectTypeOf(reason).not.toBeAny()),
      // @ts-expect-error a handler is a function
      () => socketio.on("my_event", "text"),
      // @ts-expect-error the reason is a text
      () => socketio.on("disconnect", (reason: number) => reason),
    );
  });

  it("the session holds anything", () => {
    compiles(
      () => {
        session.receiveCount ??= 0;
      },
      () => {
        session.receiveCount += 1;
      },
      () => {
        session.receiveCount = (session.receiveCount ?? 0) + 1;
      },
      () => {
        session.user = { name: "Ada" };
      },
      () => {
        delete session.user;
      },
      () => session.user.name.toUpperCase(),
    );
    expectTypeOf(session).not.toBeAny();
  });

  it("the framework's request has any member, and those of Node's request have types", () => {
    compiles(
      () => request.http.user.id,
      () => request.http.state.user,
      () => expectTypeOf(request.http.method).toEqualTypeOf<string | undefined>(),
      () => new SocketIO({ httpMiddleware: [(_req, _res, next) => next()] }),
      () => new SocketIO({ httpMiddleware: true }),
      () => new SocketIO({ httpMiddleware: expressHandler }),
      // @ts-expect-error the whole application, or functions
      () => new SocketIO({ httpMiddleware: false }),
    );
  });

  it("events are sent with anything", () => {
    compiles(
      () => emit("e"),
      () => emit("e", { a: 1 }),
      () => emit("e", args(1, "b"), { to: "room", callback: (a: number, b: string) => [a, b] }),
      () => emit("e", undefined, { broadcast: true, includeSelf: false, skipSid: ["a"], volatile: true }),
      () => send("text", { json: true, namespace: "/chat" }),
      () => socketio.emit("e", 1, { namespace: "/chat" }),
      () => socketio.namespace("/chat").emit("e", 1, { to: ["a", "b"] }),
      // @ts-expect-error there is no such option
      () => emit("e", 1, { room: "kitchen" }),
      // @ts-expect-error a handle has its namespace
      () => socketio.namespace("/chat").emit("e", 1, { namespace: "/attic" }),
      // @ts-expect-error an event has a name
      () => emit(7),
    );
  });

  it("acknowledgements are anything", () => {
    compiles(
      async () => (await call("ask", 1, { timeout: 5 })).name,
      async () => (await socketio.call("ask", undefined, { to: "sid" })).name,
    );
  });

  it("functions have result types", () => {
    compiles(
      () => expectTypeOf(rooms()).toEqualTypeOf<string[]>(),
      () => expectTypeOf(rooms({ namespace: "/chat" })).toEqualTypeOf<string[]>(),
      () => expectTypeOf(rooms({ sid: "sid" })).toEqualTypeOf<Promise<readonly string[]>>(),
      () => expectTypeOf(socketio.rooms({ sid: "sid" })).toEqualTypeOf<Promise<readonly string[]>>(),
      () => expectTypeOf(disconnect({ to: "kitchen" })).toEqualTypeOf<Promise<void>>(),
      () => socketio.joinRoom("kitchen", { sid: "sid", namespace: "/chat" }),
      () => socketio.leaveRoom("kitchen", { to: ["attic"], skipSid: "sid" }),
      () => socketio.joinRoom(["kitchen", "attic"], { broadcast: true, except: "guests" }),
      () => joinRoom(["kitchen", "attic"] as const, { except: ["guests"] }),
      // @ts-expect-error the clients are missing
      () => socketio.joinRoom("kitchen", { except: "guests" }),
      () => socketio.disconnect({ broadcast: true, close: true }),
      () => socketio.namespace("/chat").disconnect({ to: "kitchen" }),
      // @ts-expect-error the client is missing
      () => socketio.disconnect({ close: true }),
      // @ts-expect-error a handle has its namespace
      () => socketio.namespace("/chat").joinRoom("kitchen", { sid: "sid", namespace: "/attic" }),
      // @ts-expect-error there is no such option
      () => socketio.leaveRoom("kitchen", { to: "attic", room: "kitchen" }),
    );
    expectTypeOf(joinRoom).returns.resolves.toBeVoid();
    expectTypeOf<typeof request.sid>().toBeString();
    expectTypeOf<typeof request.auth>().toBeAny();
    expectTypeOf(bindContext((a: number, b?: string) => `${a}${b}`)).toEqualTypeOf<
      (a: number, b?: string) => string
    >();
  });
});

describe("new SocketIO()", () => {
  it("takes applications and options", () => {
    compiles(
      () => new SocketIO({ namespaces: ["/chat", /^\/game/], cors: { origin: "https://example.com" } }),
      () => new SocketIO(null, { debug: true }),
      () => new SocketIO((_request: unknown, _response: unknown) => {}),
      () => new SocketIO({ fetch: async (_request: Request) => new Response() }, { serveClient: false }),
      // @ts-expect-error there is no such option
      () => new SocketIO({ pingTimout: 5 }),
      // @ts-expect-error there is no such option
      () => new SocketIO(null, { pingTimout: 5 }),
      // @ts-expect-error a duration is a number
      () => new SocketIO({ pingTimeout: "5s" }),
      // @ts-expect-error that is no application
      () => new SocketIO("app"),
    );
  });
});

describe("a class namespace", () => {
  it("is given as an instance", () => {
    class Chat extends Namespace {
      on_message(text: string) {
        return text;
      }
    }
    compiles(
      () => socketio.onNamespace(new Chat("/chat")),
      // @ts-expect-error the class itself is no namespace
      () => socketio.onNamespace(Chat),
    );
  });
});

describe("startBackgroundTask()", () => {
  it("takes a function with its arguments", () => {
    const work = async (_n: number, _text: string, _signal: AbortSignal) => {};
    compiles(
      () => socketio.startBackgroundTask(work, 1, "a"),
      () => socketio.startBackgroundTask(() => {}),
      () => socketio.startBackgroundTask((n: number) => n, 1),
      () => socketio.startBackgroundTask((signal) => expectTypeOf(signal).toEqualTypeOf<AbortSignal>()),
      // @ts-expect-error the second argument is missing
      () => socketio.startBackgroundTask(work, 1),
      // @ts-expect-error the first argument is a number
      () => socketio.startBackgroundTask(work, "1", "a"),
    );
  });
});

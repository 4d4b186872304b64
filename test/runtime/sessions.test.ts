import { type RoomcastError, request, SocketIO, session } from "roomcast";
import type { Socket } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, open, refusal, transports } from "./support/clients.ts";
import { MemoryLogger } from "./support/memory-logger.ts";
import { ironSite, loggedIn, type SessionSite, storingSites, Vault } from "./support/session-sites.ts";
import { Visitor } from "./support/visitor.ts";

const failed = { error: { code: "ERR_HANDLER_FAILED", message: expect.any(String) } };

/** A running site. */
async function start(site: SessionSite, manageSession: boolean) {
  const logger = new MemoryLogger();
  const socketio = new SocketIO(site.app, { session: site.sessions, manageSession, logger });
  onTestFinished(() => socketio.stop());
  const atConnect: unknown[] = [];
  socketio.events({
    connect: () => void atConnect.push({ ...session }),
    read: () => ({ ...session }),
    write(key: string, value: unknown) {
      session[key] = value;
      return "written";
    },
    async "write late"(key: string, value: unknown) {
      await new Promise(setImmediate);
      session[key] = value;
      return "written";
    },
    remove(key: string) {
      delete session[key];
    },
    buy() {
      session.cart.apples += 1;
    },
  });
  const { url } = await socketio.run({ port: 0 });
  return { socketio, logger, url, atConnect };
}

/** A client with the cookies of a visitor. */
function enter(url: string, visitor: Visitor, transport = "websocket"): Promise<Socket> {
  return connect(url, { transports: [transport], extraHeaders: visitor.headers });
}

async function logIn(url: string): Promise<Visitor> {
  const visitor = new Visitor(url);
  await visitor.post("/login");
  expect(await visitor.session()).toEqual(loggedIn);
  return visitor;
}

const sites: typeof storingSites = {
  ...storingSites,
  "iron-session": ironSite,
};

describe.each(Object.entries(sites))("a session of its own, which starts from that of %s", (_, makeSite) => {
  async function startOwn() {
    return start(await makeSite(new Vault()), true);
  }

  it.each(transports)("has what a login set (%s)", async (transport) => {
    const { url, atConnect } = await startOwn();
    const client = await enter(url, await logIn(url), transport);
    expect(atConnect).toEqual([loggedIn]);
    expect(await client.emitWithAck("read")).toEqual(loggedIn);
  });

  it("is private to the client, and changes nothing of the HTTP session", async () => {
    const { url } = await startOwn();
    const visitor = await logIn(url);
    const [first, second] = await Promise.all([enter(url, visitor), enter(url, visitor, "polling")]);
    expect(await first.emitWithAck("write", "room", "hall")).toBe("written");
    await first.emitWithAck("buy");
    await first.emitWithAck("remove", "user");
    expect(await first.emitWithAck("read")).toEqual({ room: "hall", cart: { apples: 2 } });
    expect(await second.emitWithAck("read")).toEqual(loggedIn);
    expect(await visitor.session()).toEqual(loggedIn);
    expect(await (await enter(url, visitor)).emitWithAck("read")).toEqual(loggedIn);
  });

  it("is shared by all namespaces of the client", async () => {
    const { url, socketio } = await startOwn();
    socketio.on("read", () => ({ ...session }), { namespace: "/chat" });
    const { headers } = await logIn(url);
    const client = await connect(url, { extraHeaders: headers });
    const chat = client.io.socket("/chat");
    await client.emitWithAck("write", "room", "hall");
    expect(await chat.emitWithAck("read")).toEqual({ ...loggedIn, room: "hall" });
  });

  it("is empty for a visitor without an HTTP session, and keeps changes", async () => {
    const { url, atConnect, logger } = await startOwn();
    const client = await enter(url, new Visitor(url));
    expect(atConnect).toEqual([{}]);
    await client.emitWithAck("write", "room", "hall");
    expect(await client.emitWithAck("read")).toEqual({ room: "hall" });
    expect(logger.errors).toEqual([]);
  });
});

describe.each(Object.entries(storingSites))("with a store of %s that fails", (_, makeSite) => {
  it.each([true, false])(
    "clients are refused, and the error handler hears why (manageSession: %s)",
    async (manageSession) => {
      const vault = new Vault();
      const { url, socketio, logger, atConnect } = await start(await makeSite(vault), manageSession);
      const heard: [string, unknown][] = [];
      socketio.onErrorDefault((error) => void heard.push([request.event.name, error]));
      const visitor = await logIn(url);
      vault.burns = true;
      const { message, data } = await refusal(open(url, { extraHeaders: visitor.headers }));
      expect({ message, data }).toEqual({ message: "Connection rejected by server", data: undefined });
      expect(heard).toEqual([
        [
          "connect",
          expect.objectContaining({
            code: "ERR_SESSION",
            message: expect.stringMatching(/could not .*: the store burns/),
          }),
        ],
      ]);
      expect(logger.errors).toEqual([]);
      expect(atConnect).toEqual([]);

      vault.burns = false;
      expect(await (await enter(url, visitor)).emitWithAck("read")).toEqual(loggedIn);
    },
  );
});

describe.each(Object.entries(storingSites))("the HTTP session itself, of %s", (_, makeSite) => {
  async function startShared(vault = new Vault()) {
    return start(await makeSite(vault), false);
  }

  /** The one error that was logged. */
  function loggedError({ errors }: MemoryLogger): { message: string; error: RoomcastError } {
    expect(errors).toHaveLength(1);
    return errors[0] as { message: string; error: RoomcastError };
  }

  it.each(transports)(
    "is read and written by handlers and by HTTP requests in turn (%s)",
    async (transport) => {
      const { url, atConnect, logger } = await startShared();
      const visitor = await logIn(url);
      const client = await enter(url, visitor, transport);
      const other = await enter(url, visitor);
      expect(atConnect).toEqual([loggedIn, loggedIn]);

      expect(await client.emitWithAck("write", "room", "hall")).toBe("written");
      expect(await visitor.session()).toEqual({ ...loggedIn, room: "hall" });
      expect(await other.emitWithAck("read")).toEqual({ ...loggedIn, room: "hall" });

      await visitor.post("/set?key=user&value=grace");
      expect(await client.emitWithAck("read")).toEqual({ ...loggedIn, user: "grace", room: "hall" });

      await client.emitWithAck("buy");
      await other.emitWithAck("remove", "room");
      expect(await visitor.session()).toEqual({ user: "grace", cart: { apples: 2 } });
      expect(logger.errors).toEqual([]);
    },
  );

  it("loses no changes of handlers that run at the same time", async () => {
    const { url, socketio } = await startShared();
    const visitor = await logIn(url);
    const clients = await Promise.all([enter(url, visitor), enter(url, visitor, "polling")]);
    const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`);
    let begun = 0;
    let startAll = () => {};
    const allBegun = new Promise<void>((resolve) => {
      startAll = resolve;
    });
    socketio.on("put", async (key: string) => {
      begun += 1;
      if (begun === keys.length) startAll();
      await allBegun;
      session[key] = begun;
    });
    await Promise.all(keys.map((key, index) => clients[index % 2]?.emitWithAck("put", key)));
    const written = Object.fromEntries(keys.map((key) => [key, keys.length]));
    expect(await visitor.session()).toEqual({ ...loggedIn, ...written });
  });

  it.each(["write", "write late"])("is saved before the client gets the confirmation (%s)", async (event) => {
    const vault = new Vault();
    const { url } = await startShared(vault);
    const client = await enter(url, await logIn(url));
    const events: string[] = [];
    vault.onSaved = () => events.push("saved");
    await client.emitWithAck(event, "room", "hall").then((answer) => events.push(answer));
    expect(events).toEqual(["saved", "written"]);
  });

  it("is not saved by a handler that changes nothing", async () => {
    const vault = new Vault();
    const { url } = await startShared(vault);
    const client = await enter(url, await logIn(url));
    const events: string[] = [];
    vault.onSaved = () => events.push("saved");
    await client.emitWithAck("read");
    await client.emitWithAck("write", "user", "ada");
    expect(events).toEqual([]);
  });

  it("is saved by connect handlers before the client is in, and by disconnect handlers", async () => {
    const vault = new Vault();
    const { url, socketio } = await startShared(vault);
    const lobby = socketio.namespace("/lobby");
    lobby.on("connect", () => {
      session.visits = 1;
    });
    lobby.on("disconnect", (reason) => {
      session.left = reason;
    });
    const visitor = await logIn(url);
    const client = await connect(`${url}/lobby`, { extraHeaders: visitor.headers });
    expect(await visitor.session()).toEqual({ ...loggedIn, visits: 1 });
    const saved = new Promise<void>((resolve) => {
      vault.onSaved = resolve;
    });
    client.disconnect();
    await saved;
    expect(await visitor.session()).toEqual({ ...loggedIn, visits: 1, left: "client namespace disconnect" });
  });

  it("is gone after a logout: handlers read nothing, and a write reports an error", async () => {
    const { url, logger } = await startShared();
    const visitor = await logIn(url);
    const client = await enter(url, visitor);
    await visitor.post("/logout");
    expect(await client.emitWithAck("read")).toEqual({});
    expect(await client.emitWithAck("write", "user", "ada")).toEqual(failed);
    const { message, error } = loggedError(logger);
    expect(message).toBe(`The handler failed: event "write", namespace "/", sid ${client.id}`);
    expect(error).toMatchObject({
      code: "ERR_SESSION",
      message: expect.stringMatching(/^The visitor has no HTTP session to write to/),
    });

    expect(client.connected).toBe(true);
    expect(await client.emitWithAck("read")).toEqual({});
    const again = await enter(url, await logIn(url));
    expect(await again.emitWithAck("write", "room", "hall")).toBe("written");
  });

  it("cannot be created by a socket: a visitor without one reads nothing, and a write reports an error", async () => {
    const { url, logger, atConnect } = await startShared();
    const client = await enter(url, new Visitor(url));
    expect(atConnect).toEqual([{}]);
    expect(await client.emitWithAck("read")).toEqual({});
    expect(await client.emitWithAck("write late", "user", "eve")).toEqual(failed);
    expect(loggedError(logger).error).toMatchObject({
      code: "ERR_SESSION",
      message: expect.stringMatching(/Begin it in an HTTP request/),
    });
  });

  it("that cannot be read or saved is the handler's failure, which the error handler answers", async () => {
    const vault = new Vault();
    const { url, socketio, logger } = await startShared(vault);
    const heard: unknown[] = [];
    socketio.onErrorDefault((error) => {
      heard.push(error);
      return "sorry";
    });
    socketio.on("write and burn", () => {
      session.room = "hall";
      vault.burns = true;
      return "written";
    });
    const client = await enter(url, await logIn(url));
    expect(await client.emitWithAck("write and burn")).toBe("sorry");
    expect(await client.emitWithAck("read")).toBe("sorry");
    const burnt = expect.objectContaining({
      code: "ERR_SESSION",
      message: expect.stringContaining("the store burns"),
    });
    expect(heard).toEqual([burnt, burnt]);
    expect(logger.errors).toEqual([]);

    vault.burns = false;
    expect(client.connected).toBe(true);
    expect(await client.emitWithAck("read")).toEqual(loggedIn);
  });

  it("accepts only values that can be stored", async () => {
    const { url, socketio, logger } = await startShared();
    socketio.on("write a function's world", () => {
      session.big = 1n;
    });
    const visitor = await logIn(url);
    const client = await enter(url, visitor);
    expect(await client.emitWithAck("write a function's world")).toEqual(failed);
    expect(loggedError(logger).error).toMatchObject({
      code: "ERR_SESSION",
      message: expect.stringMatching(/"big" cannot be saved/),
    });
    expect(await visitor.session()).toEqual(loggedIn);
  });
});

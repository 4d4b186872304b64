/** What stands between a client's event and its handler: the session, and middleware. */

import { ConnectionRefusedError, emit, session } from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, portlessServer } from "../support/portless-server.ts";
import { deferred } from "../support/waiting.ts";
import { StoredSessions } from "./stored-sessions.ts";

describe("a session that is the HTTP session itself", () => {
  it("loses no update of handlers that end at once, however slow the store is", async () => {
    const sessions = new StoredSessions();
    sessions.beforeRead = () => new Promise((resolve) => setImmediate(resolve));
    sessions.beforeWrite = () => new Promise((resolve) => setTimeout(resolve, 2));
    const { socketio } = portlessServer({ session: sessions, manageSession: false });
    socketio.on("count", () => {
      session.n = (session.n ?? 0) + 1;
      return session.n;
    });
    const client = await joinedClient(socketio);
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.call("count")));
    expect(answers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(sessions.data.get("nobody")).toEqual({ n: 10 });
  });
});

describe("middleware", () => {
  it("that takes its time keeps the order in which handlers start", async () => {
    const { socketio } = portlessServer();
    const gates = Array.from({ length: 3 }, () => deferred());
    const started: number[] = [];
    socketio.use(async ({ event, args }, next) => {
      if (event === "go") await gates[args[0] as number]?.promise;
      return next();
    });
    socketio.on("go", (index: number) => started.push(index));
    const client = await joinedClient(socketio);
    const done = Promise.all([0, 1, 2].map((index) => client.emit("go", index)));
    for (const gate of gates.toReversed()) gate.resolve();
    await done;
    expect(started).toEqual([0, 1, 2]);
  });

  it("does not hold up the next event once the handler has started", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    socketio.use((_context, next) => next());
    socketio.on("long", () => end.promise);
    socketio.on("short", () => "answered");
    const client = await joinedClient(socketio);
    const long = client.call("long");
    expect(await client.call("short")).toBe("answered");
    end.resolve();
    await long;
  });

  it("sees events that have no handler, and may answer them itself", async () => {
    const { socketio } = portlessServer();
    const seen: string[] = [];
    socketio.use(({ event }, next) => {
      seen.push(event);
      return event === "status" ? "fine" : next();
    });
    const client = await joinedClient(socketio);
    expect(await client.call("unheard")).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
    expect(await client.call("status")).toBe("fine");
    expect(seen).toEqual(["connect", "unheard", "status"]);
  });

  it("that does not call next() for connect has refused the client", async () => {
    const { socketio } = portlessServer();
    socketio.use(() => {});
    socketio.on("connect", () => emit("welcome"));
    const client = socketio.testClient();
    await expect(client.connect()).rejects.toThrow(ConnectionRefusedError);
    expect(client.received()).toEqual([]);
  });
});

/** Namespaces beyond the scenarios: how the server names them, and how their memberships begin and end. */

import { emit, Namespace, request } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { ask, connected, record, refused, stockClients } from "../support/stock-client.ts";
import { deferred, nextEvent, soon } from "../support/waiting.ts";

describe.each(stockClients)("namespaces with %s", (client) => {
  it("are left one by one; the others and the connection stay", async () => {
    const { socketio, url } = await startServer();
    const left: string[] = [];
    const chat = socketio.namespace("/chat").on("disconnect", (reason) => left.push(`chat: ${reason}`));
    socketio.on("disconnect", (reason) => left.push(`main: ${reason}`));
    socketio.on("still there", () => "yes");
    const main = await client.connect(url);
    const talk = main.io.socket("/chat");
    await connected(talk);
    const inChat = record(talk);

    talk.disconnect();
    await soon(() => left).toEqual(["chat: client namespace disconnect"]);
    chat.emit("news", "unheard news");
    expect(await ask(main, "still there")).toEqual(["yes"]);
    expect(inChat).toEqual([]);

    talk.connect();
    await connected(talk);
    expect(socketio.clientCount).toBe(1);

    main.disconnect();
    talk.disconnect();
    await soon(() => left.toSorted()).toEqual([
      "chat: client namespace disconnect",
      "chat: client namespace disconnect",
      "main: client namespace disconnect",
    ]);
    await soon(() => socketio.clientCount).toBe(0);
  });

  it("accept a client again that has left before it was accepted, with its new auth", async () => {
    const { socketio, url } = await startServer();
    const { promise: looked, resolve: look } = deferred();
    const told: string[] = [];
    const chat = socketio
      .namespace("/chat")
      .on("connect", async ({ user }: { user: string }) => {
        told.push(`${user} comes`);
        if (user === "ada") await looked;
      })
      .on("disconnect", (reason) => told.push(`leaves: ${reason}`));
    const main = await client.connect(url);
    const auth = { user: "ada" };
    const talk = main.io.socket("/chat", { auth });
    const answers: string[] = [];
    talk.on("connect", () => answers.push("connect"));
    talk.on("connect_error", () => answers.push("connect_error"));
    await soon(() => told).toEqual(["ada comes"]);

    talk.disconnect();
    auth.user = "bob";
    talk.connect();
    await connected(talk);
    look();
    await soon(() => told).toEqual(["ada comes", "bob comes", "leaves: client namespace disconnect"]);
    expect(answers).toEqual(["connect"]);
    expect((await chat.sockets()).map(({ sid }) => sid)).toEqual([talk.id]);
  });

  it("have one membership for a component that is mounted, unmounted and mounted at once", async () => {
    const { socketio, url } = await startServer();
    const told: string[] = [];
    const chat = socketio
      .namespace("/chat")
      .on("connect", () => told.push("comes"))
      .on("disconnect", () => told.push("leaves"))
      .on("echo", (value) => value);
    const main = await client.connect(url);
    const talk = main.io.socket("/chat", { auth: { token: "t" } });
    talk.disconnect();
    talk.connect();
    await connected(talk);
    // The server receives the two requests together, or one after the other: always so over polling, and
    // sometimes over WebSocket. Then the first membership has ended before the second begins.
    await soon(() => told.join()).toMatch(
      client.transport === "polling" ? /^comes,leaves,comes$/ : /^comes(,leaves,comes)?$/,
    );
    expect(await ask(talk, "echo", 1)).toEqual([1]);
    await soon(async () => (await chat.sockets()).map(({ sid }) => sid)).toEqual([talk.id]);
    expect(told.join()).toMatch(/^comes(,leaves,comes)?$/);
  });

  it("can be open to every name", async () => {
    const { url } = await startServer({ namespaces: "*" });
    const socket = await client.connect(`${url}/any/thing-at all`);
    expect(socket.connected).toBe(true);
  });

  it("can be named by patterns, the most specific handlers first", async () => {
    const { socketio, url } = await startServer({ namespaces: [/^\/team-\d+$/, "/extra"] });
    socketio.on("where", () => `pattern: ${request.namespace}`, { namespace: /^\/team-\d+$/ });
    socketio.on("where", () => "exactly team 7", { namespace: "/team-7" });
    expect(await ask(await client.connect(`${url}/team-1`), "where")).toEqual(["pattern: /team-1"]);
    expect(await ask(await client.connect(`${url}/team-7`), "where")).toEqual(["exactly team 7"]);
    expect((await client.connect(`${url}/extra`)).connected).toBe(true);
    expect((await refused(client.open(`${url}/team-x`))).message).toBe("Invalid namespace");
  });

  it("can be opened by a function, for each client by its auth", async () => {
    const { socketio, url } = await startServer();
    socketio
      .namespace(
        async (name, auth) => name === `/tenant/${(auth as { tenant?: string } | undefined)?.tenant}`,
      )
      .on("where", () => request.namespace);
    const socket = await client.connect(`${url}/tenant/7`, { auth: { tenant: "7" } });
    expect(await ask(socket, "where")).toEqual(["/tenant/7"]);
    const stranger = client.open(`${url}/tenant/7`, { auth: { tenant: "8" } });
    expect((await refused(stranger)).message).toBe("Invalid namespace");
    expect(await ask(socket, "where")).toEqual(["/tenant/7"]);
  });

  it("keep broadcasts of one name of a pattern from the others", async () => {
    const { socketio, url } = await startServer({ namespaces: "*" });
    socketio.on("tell", (text) => emit("told", text, { broadcast: true }), { namespace: "*" });
    const [one, same, other] = await Promise.all(
      ["/one", "/one", "/other"].map((name) => client.connect(url + name)),
    );
    if (one === undefined || same === undefined || other === undefined) throw new Error("no clients");
    const inOther = record(other);
    const told = nextEvent(same, "told");
    one.emit("tell", "only here");
    expect(await told).toEqual(["only here"]);
    await ask(other, "tell", "marker");
    expect(inOther).toEqual([["told", "marker"]]);
  });

  it("can be classes", async () => {
    class Chat extends Namespace {
      greeting = "hello";

      on_connect() {
        emit("greeting", this.greeting);
      }

      on_shout(text: string) {
        return text.toUpperCase();
      }
    }
    const { socketio, url } = await startServer();
    socketio.onNamespace(new Chat("/chat"));
    const socket = client.open(`${url}/chat`);
    const greeting = nextEvent(socket, "greeting");
    expect(await greeting).toEqual(["hello"]);
    expect(await ask(socket, "shout", "hey")).toEqual(["HEY"]);
  });
});

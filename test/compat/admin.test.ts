/** The protocol of Socket.IO's admin interface, spoken by the stock client. */

import bcrypt from "bcryptjs";
import { emit, type InstrumentOptions, joinRoom, leaveRoom, request, type SocketIOOptions } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { connected, refused, type Socket, StockClient } from "../support/stock-client.ts";
import { nextEvent, soon } from "../support/waiting.ts";

const client = new StockClient("4.8", "websocket");
const hash = bcrypt.hashSync("tea", 4);
const auth = { type: "basic", username: "ada", password: hash } as const;
const credentials = { username: "ada", password: "tea" };

async function instrumented(
  options: Partial<InstrumentOptions> = {},
  server: SocketIOOptions = {},
): Promise<TestServer> {
  const started = await startServer(server);
  started.socketio.instrument({ auth, ...options });
  started.socketio.events({
    connect: () => joinRoom("hall"),
    join: (room: string) => joinRoom(room),
    leave: (room: string) => leaveRoom(room),
    say: (text: unknown) => emit("said", text, { to: "hall" }),
    rename(name: string) {
      request.publicData.name = name;
    },
  });
  started.socketio.namespace("/chat");
  return started;
}

interface AggregatedEvent {
  readonly type: string;
  readonly subType?: string;
  readonly count: number;
}

/** What an administrator has been told: the latest values of each event. */
class Page {
  readonly socket: Socket;
  readonly events: (readonly [string, ...unknown[]])[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.onAny((event: string, ...values: unknown[]) => this.events.push([event, ...values]));
  }

  static async open(url: string, given: object = credentials): Promise<Page> {
    const page = new Page(client.open(`${url}/admin`, { auth: given }));
    await connected(page.socket);
    await page.latest("server_stats");
    await page.latest("config");
    return page;
  }

  /** All events of a name, without it. */
  all(event: string): unknown[][] {
    return this.events.filter(([name]) => name === event).map(([, ...values]) => values);
  }

  /** The values of the latest event of a name, if need be the next one. */
  // biome-ignore lint/suspicious/noExplicitAny: the values of any event
  async latest(event: string): Promise<any[]> {
    await soon(() => this.all(event).length).toBeGreaterThan(0);
    return this.all(event).at(-1) ?? [];
  }
}

describe("the login of the admin interface", () => {
  it("lets in by the password, and then by the session", async () => {
    const { url } = await instrumented();
    const page = await Page.open(url);
    const [sessionId] = await page.latest("session");
    expect(page.events[0]?.[0]).toBe("session");
    expect(sessionId).toMatch(/^[\w-]{20}$/);
    const again = await Page.open(url, { sessionId });
    expect(again.all("session")).toEqual([]);
  });

  it.each([
    ["a wrong password", { username: "ada", password: "coffee" }],
    ["a wrong name", { username: "eve", password: "tea" }],
    ["an unknown session", { sessionId: "0123456789abcdef" }],
    ["no session", { sessionId: null }],
    ["values of other types", { username: ["ada"], password: { length: 3 } }],
    ["nothing", undefined],
  ])("refuses %s with the same two words", async (_what, given) => {
    const { url } = await instrumented();
    const error = await refused(client.open(`${url}/admin`, given === undefined ? {} : { auth: given }));
    expect([error.message, error.data]).toEqual(["invalid credentials", undefined]);
  });

  it("asks a function, and refuses where it fails", async () => {
    const seen: string[] = [];
    const { url, log } = await instrumented({
      auth: {
        type: "basic",
        password: async (username, password) => {
          seen.push(`${username} ${password}`);
          if (password === "broken") throw new Error("no database");
          return password === "yes";
        },
      },
    });
    await Page.open(url, { username: "eve", password: "yes" });
    for (const password of ["no", "broken"]) {
      const error = await refused(client.open(`${url}/admin`, { auth: { username: "eve", password } }));
      expect(error.message).toBe("invalid credentials");
    }
    expect(seen).toEqual(["eve yes", "eve no", "eve broken"]);
    expect(log.lines.join("\n")).toContain("could not be checked: Error: no database");
  });

  it("refuses an address that has failed too often, and lets its sessions in", async () => {
    const { url } = await instrumented();
    const page = await Page.open(url);
    const [sessionId] = await page.latest("session");
    for (let attempt = 0; attempt < 10; attempt += 1)
      await refused(client.open(`${url}/admin`, { auth: { username: "ada", password: "coffee" } }));
    const error = await refused(client.open(`${url}/admin`, { auth: credentials }));
    expect(error.message).toBe("invalid credentials");
    await Page.open(url, { sessionId });
  });

  it("lets everybody in where there is none", async () => {
    const { url, log } = await instrumented({ auth: false });
    await Page.open(url, {});
    expect(log.lines.join("\n")).toContain("has no login");
  });
});

describe("the admin interface", () => {
  it("tells what it can do", async () => {
    const commands = ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"];
    const features = async (options: Partial<InstrumentOptions>) => {
      const page = await Page.open((await instrumented(options)).url);
      const [{ supportedFeatures }] = await page.latest("config");
      return supportedFeatures;
    };
    expect(await features({})).toEqual([...commands, "AGGREGATED_EVENTS", "ALL_EVENTS"]);
    expect(await features({ mode: "production" })).toEqual([...commands, "AGGREGATED_EVENTS"]);
    expect(await features({ readonly: true, mode: "production" })).toEqual(["AGGREGATED_EVENTS"]);
  });

  it("describes every client, without what it logs in with", async () => {
    const { url } = await instrumented();
    const ada = await client.connect(url, {
      auth: { token: "secret-auth" },
      query: { page: "1", token: "secret-query" },
      extraHeaders: { cookie: "id=secret-cookie", authorization: "Bearer secret-header", "x-team": "red" },
    });
    await ada.emitWithAck("rename", "Ada");
    const page = await Page.open(url);
    const [sockets] = await page.latest("all_sockets");
    expect(sockets).toEqual([
      {
        id: ada.id,
        clientId: expect.stringMatching(/#\d+$/),
        transport: "websocket",
        nsp: "/",
        data: { name: "Ada" },
        handshake: {
          address: "127.0.0.1",
          headers: expect.objectContaining({ "x-team": "red" }),
          query: expect.objectContaining({ page: "1" }),
          issued: expect.any(Number),
          time: expect.any(String),
          secure: false,
          url: expect.stringContaining("/socket.io/"),
          xdomain: false,
        },
        rooms: [ada.id, "hall"],
      },
    ]);
    expect(JSON.stringify(page.events)).not.toContain("secret-");
  });

  it("tells what clients do, and nothing of its own namespace", async () => {
    const { url, socketio } = await instrumented();
    const page = await Page.open(url);
    const other = await Page.open(url, { sessionId: (await page.latest("session"))[0] });
    await page.latest("all_sockets");
    const ada = await client.connect(url);
    const { id } = ada;
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(await page.latest("socket_connected")).toEqual([
      expect.objectContaining({ id, nsp: "/", rooms: [id, "hall"] }),
      time,
    ]);
    await ada.emitWithAck("join", "garden");
    expect(await page.latest("event_received")).toEqual(["/", id, ["join", "garden"], time]);
    await soon(() => page.all("room_joined")).toContainEqual(["/", "garden", id, time]);
    await ada.emitWithAck("say", Buffer.from("tea"));
    expect(await page.latest("event_sent")).toEqual(["/", id, ["said", "<3 bytes>"], time]);
    socketio.emit("news", 1);
    await soon(() => page.all("event_sent").at(-1)).toEqual(["/", id, ["news", 1], time]);
    await ada.emitWithAck("leave", "garden");
    expect(await page.latest("room_left")).toEqual(["/", "garden", id, time]);
    ada.disconnect();
    expect(await page.latest("socket_disconnected")).toEqual(["/", id, "client namespace disconnect", time]);
    await soon(() => page.all("room_left").slice(1)).toEqual([
      ["/", id, id, time],
      ["/", "hall", id, time],
    ]);
    expect(JSON.stringify(page.events)).not.toContain('"/admin"');
    expect(JSON.stringify(page.events)).not.toContain(other.socket.id);
  });

  it("tells of rooms that are closed, of an upgrade, and of public data that changes", async () => {
    const { url, socketio } = await instrumented();
    const page = await Page.open(url);
    await page.latest("all_sockets");
    const ada = await new StockClient("4.8", "upgrade").connect(url);
    await soon(() => page.all("socket_updated")).toContainEqual([
      { id: ada.id, nsp: "/", transport: "websocket" },
    ]);
    socketio.closeRoom("hall");
    await soon(() => page.all("room_left").map(([, room]) => room)).toContain("hall");
    await ada.emitWithAck("rename", "Ada");
    await soon(() => page.all("socket_updated")).toContainEqual([
      { id: ada.id, nsp: "/", data: { name: "Ada" } },
    ]);
  });

  it("sums up what happens, each second", async () => {
    const { url } = await instrumented({ mode: "production" });
    const page = await Page.open(url);
    const polling = await new StockClient("4.8", "polling").connect(url);
    await polling.emitWithAck("join", "garden");
    const chat = await client.connect(`${url}/chat`);
    chat.disconnect();
    const sum = (type: string, subType?: string) =>
      page
        .all("server_stats")
        .flatMap(([stats]) => (stats as { aggregatedEvents: AggregatedEvent[] }).aggregatedEvents)
        .filter((event) => event.type === type && event.subType === subType)
        .reduce((total, { count }) => total + count, 0);
    await soon(() => sum("rawConnection")).toBe(2);
    await soon(() => sum("rawDisconnection", "transport close")).toBe(1);
    expect(sum("packetsIn")).toBeGreaterThan(2);
    expect(sum("bytesOut")).toBeGreaterThan(20);
    const [stats] = await page.latest("server_stats");
    expect(stats).toMatchObject({
      serverId: expect.stringContaining(String(process.pid)),
      pid: process.pid,
      clientsCount: 1,
      pollingClientsCount: 1,
      namespaces: [{ name: "/", socketsCount: 1 }],
    });
    for (const event of ["all_sockets", "socket_connected", "event_received"])
      expect(page.all(event)).toEqual([]);
  });

  it("shows numbers alone while there are too many clients, and says so", async () => {
    const { url, log } = await instrumented({ maxDetailedClients: 1 });
    await client.connect(url);
    await client.connect(url);
    const page = await Page.open(url);
    expect((await page.latest("config"))[0].supportedFeatures).not.toContain("ALL_EVENTS");
    expect(log.lines.join("\n")).toContain("2 clients, more than maxDetailedClients (1)");
    expect(page.all("all_sockets")).toEqual([]);
  });
});

describe("a command of an administrator", () => {
  it("sends events, changes rooms and disconnects clients", async () => {
    const { url, socketio, log } = await instrumented();
    const page = await Page.open(url);
    const [ada, eve] = await Promise.all([client.connect(url), client.connect(url)]);
    const news = Promise.all([ada, eve].map((each) => nextEvent(each, "news")));
    page.socket.emit("emit", "/", undefined, "news", 1, "two");
    expect(await news).toEqual([
      [1, "two"],
      [1, "two"],
    ]);
    await page.socket.emitWithAck("join", "/", "garden", ada.id);
    expect((await socketio.rooms({ sid: ada.id as string })).includes("garden")).toBe(true);
    await page.socket.emitWithAck("leave", "/", "hall", ada.id);
    const gone = nextEvent(eve, "disconnect");
    page.socket.emit("_disconnect", "/", false, "hall");
    expect((await gone)[0]).toBe("io server disconnect");
    expect(ada.connected).toBe(true);
    expect(log.lines.join("\n")).toContain('The administrator "ada" disconnected "hall" in "/"');
  });

  it("is refused where it is wrong, and harms nothing", async () => {
    const { url } = await instrumented();
    const page = await Page.open(url);
    const ada = await client.connect(url);
    const wrong = [
      ["emit", "/", "", "news"],
      ["emit", "/", { all: true }, "news"],
      ["emit", "/", null, "connect"],
      ["join", "/", "x".repeat(1000), null],
      ["join", "nowhere", "garden"],
      ["_disconnect", "/", true, 7],
      ["_disconnect", "/admin", true],
      ["shutdown"],
    ] as const;
    for (const [event, ...values] of wrong) {
      const answer = await page.socket.emitWithAck(event, ...values);
      expect(answer, JSON.stringify([event, ...values])).toMatchObject({ error: expect.any(Object) });
    }
    expect([ada.connected, page.socket.connected]).toEqual([true, true]);
  });

  it("is refused where the interface is read-only", async () => {
    const { url } = await instrumented({ readonly: true });
    const page = await Page.open(url);
    const ada = await client.connect(url);
    for (const command of [
      ["emit", "/", null, "news"],
      ["_disconnect", "/", true],
    ] as const) {
      const [event, ...values] = command;
      expect(await page.socket.emitWithAck(event, ...values)).toMatchObject({
        error: { code: "ERR_READ_ONLY" },
      });
    }
    expect(ada.connected).toBe(true);
  });
});

describe("the admin interface of several processes", () => {
  it("is one: servers, clients, events, commands and logins", async () => {
    const messageQueue = `memory://admin-${crypto.randomUUID()}`;
    const options = { messageQueue };
    const [first, second] = await Promise.all(
      ["one", "two"].map((serverId) => instrumented({ serverId }, options)),
    );
    if (first === undefined || second === undefined) throw new Error("no servers");
    const bob = await client.connect(second.url);
    const page = await Page.open(first.url);
    const [sessionId] = await page.latest("session");
    const serverIds = () =>
      [
        ...new Set(page.all("server_stats").map(([stats]) => (stats as { serverId: string }).serverId)),
      ].sort();
    await soon(serverIds).toEqual(["one", "two"]);
    const [sockets] = await page.latest("all_sockets");
    expect(sockets).toMatchObject([{ id: bob.id, rooms: [bob.id, "hall"] }]);
    const ada = await client.connect(first.url);
    const eve = await client.connect(second.url);
    await soon(() =>
      page
        .all("socket_connected")
        .map(([socket]) => (socket as Socket).id)
        .sort(),
    ).toEqual([ada.id, eve.id].sort());
    // An event that one process sends reaches clients of both, and each tells of its own.
    ada.emit("say", "hello");
    await soon(() =>
      page
        .all("event_sent")
        .map(([, id]) => id)
        .sort(),
    ).toEqual([ada.id, bob.id, eve.id].sort());
    const { id } = bob;
    const ended = nextEvent(bob, "disconnect");
    page.socket.emit("_disconnect", "/", true, id);
    expect((await ended)[0]).toBe("io server disconnect");
    await soon(() => page.all("socket_disconnected").map(([, id]) => id)).toEqual([id]);
    const late = await instrumented({ serverId: "three" }, options);
    await Page.open(late.url, { sessionId });
  });
});

/** The dashboard's data and commands, over HTTP. */

import { once } from "node:events";
import { connect } from "node:net";
import {
  type DashboardOptions,
  joinRoom,
  type ReceivedEvent,
  request,
  SocketIO,
  type SocketIOOptions,
} from "roomcast";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ClientRow, TailEntry } from "../../src/dashboard/api.ts";
import { DashboardPage, opsAuth } from "../support/dashboard-page.ts";
import { LogBook } from "../support/portless-server.ts";
import { soon } from "../support/waiting.ts";

/** A server with a dashboard, for one test or for all of a group. */
async function serve(given: Partial<DashboardOptions> = {}, options: SocketIOOptions = {}) {
  const log = new LogBook();
  const socketio = new SocketIO({ logger: log, ...options });
  socketio.events({
    enter: ({ room }: { room: string }) => joinRoom(room),
    say: () => "said",
  });
  socketio.on("connect", () => {
    request.publicData.name = request.query.get("name") ?? "";
  });
  socketio.dashboard({ auth: opsAuth, ...given });
  const { url } = await socketio.run({ port: 0, signals: false });
  return { socketio, log, base: `${url}/roomcast`, page: new DashboardPage(`${url}/roomcast`) };
}

async function serveForTest(given: Partial<DashboardOptions> = {}, options: SocketIOOptions = {}) {
  const served = await serve(given, options);
  onTestFinished(() => served.socketio.stop());
  return served;
}

async function joined(socketio: SocketIO) {
  const client = socketio.testClient();
  await client.connect();
  return { client, sid: client.sid() };
}

describe("without a sign-in", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    served = await serve();
  });
  afterAll(() => served.socketio.stop());

  it.each([
    "session",
    "overview",
    "clients",
    "rooms",
    "events",
    "client?sid=a&namespace=/",
    "tail?sid=a&namespace=/",
  ])("nothing is told: %s", async (action) => {
    const { status, body } = await served.page.get(action);
    expect({ status, body }).toEqual({ status: 401, body: { error: "Sign in first.", form: true } });
  });

  it("no command is carried out", async () => {
    const command = { type: "disconnect", namespace: "/", sid: "a" };
    expect((await served.page.post("command", command)).status).toBe(401);
  });

  it("forged and altered cookies count as none", async () => {
    const page = new DashboardPage(served.base);
    await page.signIn();
    const [name, value = ""] = page.cookie.split("=", 2);
    const [expiry = "", ...rest] = value.split(".");
    const later = `${(Number.parseInt(expiry, 36) + 1).toString(36)}.${rest.join(".")}`;
    for (const forged of [later, value.slice(0, -2), "a.b.c.d", ""]) {
      page.cookie = `${name}=${forged}`;
      expect((await page.get("session")).status).toBe(401);
    }
  });

  it("a wrong name or password is refused, with the same words", async () => {
    const page = new DashboardPage(served.base);
    const answers = [
      await page.signIn({ username: "ops", password: "wrong horse" }),
      await page.signIn({ username: "root", password: opsAuth.password }),
    ];
    for (const { status, body, headers } of answers) {
      expect({ status, body }).toEqual({
        status: 401,
        body: { error: "The name or the password is wrong.", form: true },
      });
      expect(headers.getSetCookie()).toEqual([]);
    }
    expect(served.log.entries).toContainEqual({
      level: "warn",
      message: expect.stringMatching(/refused the sign-in of "root" from 127\.0\.0\.1/),
    });
  });
});

describe("a sign-in", () => {
  it("gives a cookie that no script reads and no other site sends", async () => {
    const { page } = await serveForTest();
    const { status, body, headers } = await page.signIn();
    expect({ status, body }).toEqual({ status: 200, body: { user: "ops", readonly: false, payloads: true } });
    const [cookie = ""] = headers.getSetCookie();
    expect(cookie).toMatch(
      /^roomcast_dashboard_[\w-]{8}=[^;]{60,}; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect((await page.get("session")).body).toMatchObject({ user: "ops" });
  });

  it("gives a cookie for TLS alone where the browser uses TLS", async () => {
    const { page, base } = await serveForTest();
    const origin = base.replace("http:", "https:").replace("/roomcast", "");
    const { headers } = await page.post("sign-in", opsAuth, { origin });
    expect(headers.getSetCookie()[0]).toMatch(/; Secure$/);
  });

  it("does not end that to another server of the same machine, with another password", async () => {
    const auth = { username: "ops", password: "another horse" };
    const [one, other] = [await serveForTest(), await serveForTest({ auth })];
    await one.page.signIn();
    await other.page.signIn(auth);
    const cookies = new Map([one, other].map(({ page }) => page.cookie.split("=", 2) as [string, string]));
    // As in a browser, where the later one of a name replaces the earlier one.
    const kept = [...cookies].map((pair) => pair.join("=")).join("; ");
    one.page.cookie = kept;
    other.page.cookie = kept;
    expect([(await one.page.get("session")).status, (await other.page.get("session")).status]).toEqual([
      200, 200,
    ]);
  });

  it("is refused after ten wrong attempts in a minute, also with the right password", async () => {
    const { page } = await serveForTest();
    for (let count = 0; count < 10; count += 1)
      await page.signIn({ username: "ops", password: "wrong horse" });
    const { status, headers } = await page.signIn();
    expect(status).toBe(429);
    expect(headers.get("retry-after")).toBe("60");
  });

  it("ends when the person signs out, also for a copy of the cookie", async () => {
    const { page } = await serveForTest();
    await page.signIn();
    const { headers } = await page.post("sign-out", {});
    expect(headers.getSetCookie()[0]).toMatch(/^roomcast_dashboard_[\w-]{8}=; Max-Age=0/);
    expect((await page.get("session")).status).toBe(401);
  });

  it.each<[string, Partial<DashboardOptions>, SocketIOOptions]>([
    ["nothing", {}, {}],
    ["the option secret", { secret: "s".repeat(32) }, {}],
    ["a queueSecret", {}, { queueSecret: "q".repeat(32) }],
  ])(
    "ends when the name or the password changes, where processes share %s",
    async (_what, given, options) => {
      const { page } = await serveForTest(given, options);
      await page.signIn();
      const statusWith = async (auth: typeof opsAuth) => {
        const { base } = await serveForTest({ auth, ...given }, options);
        const other = new DashboardPage(base);
        other.cookie = page.cookie;
        return (await other.get("session")).status;
      };
      expect(await statusWith({ ...opsAuth })).toBe(200);
      expect(await statusWith({ ...opsAuth, password: "another horse" })).toBe(401);
      expect(await statusWith({ ...opsAuth, username: "admin" })).toBe(401);
    },
  );

  it("can be left to a function of the password, and to one of the request", async () => {
    const asked: unknown[] = [];
    const { page } = await serveForTest({
      auth: { username: "ops", password: async (password) => asked.push(password) > 1 },
    });
    expect((await page.signIn()).status).toBe(401);
    expect((await page.signIn()).status).toBe(200);
    expect(asked).toEqual([opsAuth.password, opsAuth.password]);
    const { page: other } = await serveForTest({ auth: (given) => given.headers.cookie === "admin=1" });
    expect(await other.get("session")).toMatchObject({ status: 401, body: { form: false } });
    other.cookie = "admin=1";
    expect(await other.get("session")).toMatchObject({ status: 200, body: { user: null } });
  });

  it("is refused where the function fails, and the log says why", async () => {
    const { page, log } = await serveForTest({
      auth: () => {
        throw new Error("the store is down");
      },
    });
    expect((await page.get("overview")).status).toBe(500);
    expect(log.errors).toEqual([expect.objectContaining({ message: "the store is down" })]);
  });

  it("is not asked for on this machine with auth: false, but by proxies and for other names", async () => {
    const { page, log, base } = await serveForTest({ auth: false });
    expect((await page.get("overview")).status).toBe(200);
    expect((await page.get("overview", { "x-forwarded-for": "192.0.2.1" })).status).toBe(401);
    const { port } = new URL(base);
    const named = await rawGet(Number(port), "/roomcast/api/overview", { host: "tools.example" });
    expect(named).toMatch(/^HTTP\/1\.1 40[13] /);
    expect(log.entries).toContainEqual({
      level: "warn",
      message: expect.stringContaining("asks for no sign-in"),
    });
  });
});

describe("requests of other pages", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    served = await serve();
    await served.page.signIn();
  });
  afterAll(() => served.socketio.stop());

  it.each([
    ["another origin", { origin: "https://evil.example" }],
    ["no origin", { origin: "null" }],
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["a subdomain", { "sec-fetch-site": "same-site" }],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["a form of text", { "content-type": "text/plain" }],
    ["no header field of the page", { "x-roomcast-dashboard": "" }],
  ])("are refused: %s", async (_what, headers) => {
    const command = { type: "disconnect", namespace: "/", sid: "a" };
    expect((await served.page.post("command", command, headers)).status).toBe(403);
    expect((await served.page.post("sign-in", opsAuth, headers)).status).toBe(403);
  });

  it("get no CORS header fields, not even for a preflight", async () => {
    const answer = await fetch(`${served.base}/api/command`, {
      method: "OPTIONS",
      headers: {
        origin: "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-roomcast-dashboard",
      },
    });
    expect(answer.ok).toBe(false);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("cannot frame or read answers", async () => {
    const { headers } = await served.page.get("overview");
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("are told in words that a request is not understood", async () => {
    for (const action of [
      "clients?order=shoe",
      "clients?limit=0",
      "rooms?offset=-1",
      "clients?after=[1",
      "client",
    ]) {
      const { status, body } = await served.page.get(action);
      expect({ action, status, body }).toEqual({ action, status: 400, body: { error: expect.any(String) } });
    }
    expect((await served.page.get("nothing")).status).toBe(404);
    expect((await served.page.post("command", { type: "shout", namespace: "/", sid: "a" })).status).toBe(400);
    expect((await served.page.post("command", "x".repeat(300_000))).status).toBe(400);
  });
});

describe("the data", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  const sids: string[] = [];
  beforeAll(async () => {
    served = await serve();
    await served.page.signIn();
    for (let index = 0; index < 25; index += 1) {
      const client = served.socketio.testClient({
        query: { name: `Person ${index}`, token: "hidden-query" },
      });
      await client.connect("/", { token: "hidden-auth" });
      sids.push(client.sid());
      await client.call("enter", { room: index < 20 ? "tea" : "coffee" });
      await client.call("enter", { room: `own ${index}` });
    }
  });
  afterAll(() => served.socketio.stop());

  it("of all processes: clients, transports, namespaces, counters", async () => {
    const { body } = await served.page.get("overview");
    expect(body.missing).toEqual([]);
    expect(body.processes).toHaveLength(1);
    expect(body.processes[0]).toMatchObject({
      label: expect.stringMatching(`:${process.pid}$`),
      ready: true,
      clients: 25,
      namespaces: [{ name: "/", clients: 25, rooms: 27, away: null }],
      queue: null,
      slow: [],
    });
    expect(body.processes[0].memory.resident).toBeGreaterThan(1e6);
  });

  it("of clients come in pages, in any order, each client once", async () => {
    const seen: string[] = [];
    let after = "";
    do {
      const { body } = await served.page.get(`clients?order=rooms&limit=10${after}`);
      expect(body.total).toBe(25);
      seen.push(...body.rows.map((row: ClientRow) => row.sid));
      after = body.next === null ? "" : `&after=${encodeURIComponent(JSON.stringify(body.next))}`;
    } while (after !== "");
    expect(seen.toSorted()).toEqual(sids.toSorted());
  });

  it("of clients can be searched by id, address and public data, and by room", async () => {
    const find = async (query: string) =>
      (await served.page.get(`clients?${query}`)).body.rows.map(({ sid }: ClientRow) => sid);
    expect(await find("search=person%203")).toEqual([sids[3]]);
    expect(await find(`search=${encodeURIComponent(sids[7] ?? "")}`)).toEqual([sids[7]]);
    expect(await find("search=nothing-like-it")).toEqual([]);
    expect((await find("room=coffee")).toSorted()).toEqual(sids.slice(20).toSorted());
    expect(await find("namespace=/other")).toEqual([]);
  });

  it("of rooms come by size and by name, and can be searched", async () => {
    const { body } = await served.page.get("rooms?limit=3");
    expect(body).toMatchObject({ total: 27, isBound: false, missing: [] });
    expect(body.rows).toEqual([
      { namespace: "/", room: "tea", members: 20 },
      { namespace: "/", room: "coffee", members: 5 },
      { namespace: "/", room: "own 0", members: 1 },
    ]);
    const { body: named } = await served.page.get(
      "rooms?order=room&descending=false&search=OWN%201&limit=2&offset=1",
    );
    expect(named.rows.map(({ room }: { room: string }) => room)).toEqual(["own 10", "own 11"]);
  });

  it("of one client hold no secrets", async () => {
    const { body } = await served.page.get(`client?namespace=/&sid=${sids[2]}`);
    expect(body.client).toMatchObject({
      sid: sids[2],
      roomNames: ["own 2", "tea"],
      publicData: '{ "name": "Person 2" }',
      protocol: 4,
    });
    expect(JSON.stringify(body)).not.toContain("hidden");
    expect((await served.page.get("client?namespace=/&sid=unknown")).body.client).toBeNull();
  });
});

describe("a client that is watched", () => {
  it("shows what it sends and gets, which rooms it joins, and that it leaves", async () => {
    const { socketio, page } = await serveForTest();
    await page.signIn();
    const client = socketio.testClient();
    await client.connect();
    const sid = client.sid();
    const ask = async (after: number) => (await page.get(`tail?namespace=/&sid=${sid}&after=${after}`)).body;
    const { next } = await ask(0);
    await client.call("enter", { room: "tea" });
    socketio.emit("news", { text: "<img src=x>", bytes: new Uint8Array(3) }, { to: "tea" });
    socketio.emit("news", "for others", { to: "coffee" });
    const { entries, next: later } = await ask(next);
    const facts = ({ kind, name, payload, to }: TailEntry) => [kind, name, payload, to];
    expect(entries.map(facts)).toEqual([
      ["in", "enter", '{ "room": "tea" }', null],
      ["room joined", "tea", null, null],
      ["out", "news", '{ "text": "<img src=x>", "bytes": <3 bytes> }', "tea"],
    ]);
    await client.disconnect();
    const end = await ask(later);
    expect(end.entries.map(facts)).toEqual([["disconnect", "client namespace disconnect", null, null]]);
    expect(end.ended).toBe(true);
  });

  it("shows no payloads where they are off", async () => {
    const { socketio, page } = await serveForTest({ payloads: false });
    await page.signIn();
    const client = socketio.testClient({ query: { name: "Ada" } });
    await client.connect();
    const sid = client.sid();
    const { next } = (await page.get(`tail?namespace=/&sid=${sid}`)).body;
    await client.call("say", "secret words");
    const { body } = await page.get(`tail?namespace=/&sid=${sid}&after=${next}`);
    expect(body.entries).toMatchObject([{ kind: "in", name: "say", payload: null }]);
    expect((await page.get(`client?namespace=/&sid=${sid}`)).body.client.publicData).toBeNull();
    // A search must not tell hidden data, one character after the other.
    expect((await page.get("clients?search=ada")).body.total).toBe(0);
    expect((await page.get(`clients?search=${sid}`)).body.total).toBe(1);
  });
});

describe("commands", () => {
  it("emit, join, leave and disconnect, and are logged without data", async () => {
    const { socketio, page, log } = await serveForTest();
    await page.signIn();
    const client = socketio.testClient();
    await client.connect();
    const sid = client.sid();
    const got: ReceivedEvent[] = [];
    const heard = () => {
      got.push(...client.received());
      return got;
    };
    const command = (rest: object) => page.post("command", { namespace: "/", sid, ...rest });
    expect((await command({ type: "emit", event: "hello", values: [{ secret: 1 }] })).status).toBe(200);
    await command({ type: "join", room: "vip" });
    expect(await socketio.rooms({ sid })).toEqual([sid, "vip"]);
    await command({ type: "leave", room: "vip" });
    expect(await socketio.rooms({ sid })).toEqual([sid]);
    await command({ type: "disconnect", reason: "be good", whole: false });
    await soon(() => heard().map(({ name, args }) => [name, ...args])).toEqual([
      ["hello", { secret: 1 }],
      ["disconnect_reason", { reason: "be good", retry: false }],
    ]);
    await soon(() => socketio.clientCount).toBe(0);
    const lines = log.entries
      .map(({ message }) => message)
      .filter((line) => /"ops" (emitted|put|took|disconnected)/.test(line));
    expect(lines).toHaveLength(4);
    expect(lines.join()).not.toContain("secret");
    expect((await command({ type: "join", room: "vip" })).status).toBe(404);
  });

  it("that cannot be carried out say why", async () => {
    const { socketio, page } = await serveForTest();
    await page.signIn();
    const { sid } = await joined(socketio);
    const { status, body } = await page.post("command", {
      type: "emit",
      namespace: "/",
      sid,
      event: "disconnect",
      values: [],
    });
    expect({ status, body }).toEqual({ status: 400, body: { error: expect.stringContaining("disconnect") } });
  });

  it("are refused where the dashboard is read-only", async () => {
    const { socketio, page } = await serveForTest({ readonly: true });
    await page.signIn();
    expect((await page.get("session")).body.readonly).toBe(true);
    const { sid } = await joined(socketio);
    const { status } = await page.post("command", { type: "disconnect", namespace: "/", sid, reason: "" });
    expect(status).toBe(403);
    expect(socketio.clientCount).toBe(1);
  });
});

describe("several processes", () => {
  it("are one dashboard: sign-ins, numbers, rooms, clients and commands", async () => {
    const queue = { messageQueue: `memory://dashboard-${process.pid}` };
    const [first, second] = [await serveForTest({}, queue), await serveForTest({}, queue)];
    const one = first.socketio.testClient({ query: { name: "Ada" } });
    const other = second.socketio.testClient({ query: { name: "Bob" } });
    await one.connect();
    await other.connect();
    const sid = other.sid();
    await one.call("enter", { room: "tea" });
    await other.call("enter", { room: "tea" });
    await first.page.signIn();
    // The cookie that one process gave counts at the other.
    second.page.cookie = first.page.cookie;
    expect((await second.page.get("session")).status).toBe(200);
    expect(
      (await first.page.get("overview")).body.processes.map((each: { clients: number }) => each.clients),
    ).toEqual([1, 1]);
    expect((await first.page.get("rooms")).body.rows).toEqual([{ namespace: "/", room: "tea", members: 2 }]);
    expect((await first.page.get("clients?limit=1")).body).toMatchObject({
      total: 2,
      next: [expect.any(Number), expect.any(String)],
    });
    expect((await first.page.get(`client?namespace=/&sid=${sid}`)).body.client.publicData).toContain("Bob");
    const tail = (after: number) => first.page.get(`tail?namespace=/&sid=${sid}&after=${after}`);
    const { next } = (await tail(0)).body;
    first.socketio.emit("news", 1, { to: "tea" });
    expect((await tail(next)).body.entries).toMatchObject([
      { kind: "out", name: "news", payload: "1", to: "tea" },
    ]);
    await first.page.post("command", { type: "disconnect", namespace: "/", sid, reason: "", whole: true });
    await soon(() => second.socketio.clientCount).toBe(0);
    // So does signing out.
    await first.page.post("sign-out", {});
    await soon(async () => (await second.page.get("session")).status).toBe(401);
  });
});

it("a process that hangs delays nothing about the clients of others, and is named", async () => {
  const queue = { messageQueue: `memory://dashboard-hanging-${process.pid}` };
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => serveForTest({}, queue)));
  if (first === undefined || second === undefined || third === undefined) throw new Error("three servers");
  third.socketio.servers.onOwn("roomcast:dashboard", () => new Promise(() => {}));
  await first.page.signIn();
  const { sid } = await joined(second.socketio);
  const overview = first.page.get("overview");
  const client = first.page.get(`client?namespace=/&sid=${sid}`);
  expect((await Promise.race([overview, client])).body.client).toMatchObject({ sid });
  expect((await overview).body).toMatchObject({ processes: { length: 2 }, missing: { length: 1 } });
});

/** A request with a header field that `fetch` would not send. */
async function rawGet(port: number, path: string, headers: Record<string, string>): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const fields = { "x-roomcast-dashboard": "1", connection: "close", ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return answer.toString();
}

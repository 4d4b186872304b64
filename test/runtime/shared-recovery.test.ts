import { fileURLToPath } from "node:url";
import {
  ConnectionRefusedError,
  closeRoom,
  disconnect,
  emit,
  expireAt,
  type HttpSessions,
  joinRoom,
  leaveRoom,
  request,
  rooms,
  SocketIO,
  type SocketIOOptions,
  session,
} from "roomcast";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped, RedisCluster } from "../support/brokers.ts";
import { collectGarbage } from "../support/garbage.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ask, record, type Socket, StockClient, sidOf } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { nextEvent, soon } from "../support/waiting.ts";
import { Child } from "./support/child.ts";

const stock = new StockClient("4.8", "websocket");
const eager = { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 20, timeout: 2000 };
const settings = { recovery: { maxDisconnection: 20_000 } };
const root = fileURLToPath(new URL("../..", import.meta.url));
const program = fileURLToPath(new URL("support/recovery-program.ts", import.meta.url));

/** The brokers that store the shared state of processes. */
const kinds = [
  { name: "Redis", isMissing: isSkipped("redis"), open: () => Broker.redis() },
  { name: "NATS with JetStream", isMissing: isSkipped("jetstream"), open: () => Broker.jetStream() },
];

/** One of several processes that serve together. */
async function serve(broker: { readonly url: string }, options: SocketIOOptions = {}): Promise<TestServer> {
  const server = await startServer({ messageQueue: broker.url, ...settings, ...options });
  const { socketio } = server;
  socketio.on("connect", async () => {
    if (request.recovered) return;
    session.name = request.sid;
    await joinRoom("red");
  });
  socketio.events({
    where: () => ({ sid: request.sid, name: session.name, rooms: rooms() }),
    join: (room: string) => joinRoom(room),
    leave: (room: string) => leaveRoom(room),
    say: ({ room, text }) => emit("said", text, { to: room }),
  });
  return server;
}

/** A client whose connections a test sends to one process or another. */
class Traveller {
  readonly proxy: TcpProxy;
  readonly socket: Socket;
  readonly sid: string;
  readonly events: unknown[][];
  readonly returns: boolean[] = [];

  private constructor(proxy: TcpProxy, socket: Socket) {
    this.proxy = proxy;
    this.socket = socket;
    this.sid = sidOf(socket);
    this.events = record(socket);
    socket.on("connect", () => this.returns.push(socket.recovered));
  }

  static async start({ port }: { readonly port: number }): Promise<Traveller> {
    const proxy = await TcpProxy.open(port);
    onTestFinished(() => proxy.stop());
    return new Traveller(proxy, await stock.connect(proxy.url, eager));
  }

  /** The values of the received events, without the texts that recovery adds. */
  get heard(): unknown[] {
    return this.events.map(([, value]) => value);
  }

  /** Loses the connection. */
  async leave(): Promise<void> {
    const lost = nextEvent(this.socket, "disconnect");
    this.proxy.cut();
    await lost;
  }

  /** Reconnects to a process. */
  async arrive({ port }: { readonly port: number }): Promise<void> {
    const before = this.returns.length;
    this.proxy.leadTo(port);
    this.proxy.restore();
    await soon(() => this.returns.length).toBe(before + 1);
  }

  where(): Promise<unknown[]> {
    return ask(this.socket, "where");
  }
}

async function startChild(broker: Broker): Promise<Child & { readonly port: number }> {
  const child = new Child(root, ["--import", "tsx", program, broker.url]);
  return Object.assign(child, { port: Number(await child.line()) });
}

describe.each(kinds)("recovery on $name", ({ isMissing, open }) => {
  beforeEach(({ skip }) => skip(isMissing));

  async function startBroker(): Promise<Broker> {
    const broker = await open();
    onTestFinished(() => broker.kill());
    return broker;
  }

  it("brings a client back to another process, with its sid, its rooms and its session", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const client = await Traveller.start(one);
    await client.leave();
    one.socketio.emit("said", 1, { to: "red" });
    one.socketio.emit("said", 2);
    one.socketio.emit("said", 3, { to: client.sid });
    one.socketio.emit("said", 4, { to: "green" });
    await client.arrive(other);
    one.socketio.emit("said", 5, { to: "red" });
    await soon(() => client.heard).toEqual([1, 2, 3, 5]);
    expect(client.returns).toEqual([true]);
    expect(await client.where()).toEqual([{ sid: client.sid, name: client.sid, rooms: [client.sid, "red"] }]);
  });

  it("brings it back, any number of times, even if no events were sent", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const client = await Traveller.start(one);
    for (const next of [other, one, other, other, one]) {
      await client.leave();
      await client.arrive(next);
    }
    one.socketio.emit("said", 1, { to: "red" });
    await soon(() => client.heard).toEqual([1]);
    expect(client.returns).toEqual([true, true, true, true, true]);
  });

  it("brings it back after its process was killed", async () => {
    const broker = await startBroker();
    const [doomed, other] = [await startChild(broker), await serve(broker)];
    const client = await Traveller.start(doomed);
    await ask(client.socket, "join", "blue");
    other.socketio.emit("said", 1, { to: "red" });
    await soon(() => client.heard).toEqual([1]);
    const lost = nextEvent(client.socket, "disconnect");
    client.proxy.leadTo(other.port);
    other.socketio.emit("said", 2, { to: "red" });
    doomed.signal("SIGKILL");
    other.socketio.emit("said", 3, { to: "blue" });
    await lost;
    other.socketio.emit("said", 4, { to: "blue" });
    await soon(() => client.heard).toEqual([1, 2, 3, 4]);
    expect(client.returns).toEqual([true]);
    expect(await client.where()).toEqual([
      { sid: client.sid, name: client.sid, rooms: [client.sid, "red", "blue"] },
    ]);
  });

  it("gives a client that comes back over two connections to exactly one of them", async () => {
    const broker = await startBroker();
    const servers = [await serve(broker), await serve(broker), await serve(broker)];
    const client = await Traveller.start(servers[0] as TestServer);
    const { pid, offset } = await credentials(client);
    await client.leave();
    servers[0]?.socketio.emit("said", 1, { to: "red" });
    const rivals = [servers[1], servers[2], servers[2]].map((server) =>
      stock.open(server?.url ?? "", { auth: { pid, offset } }),
    );
    await soon(() => rivals.every(({ connected, disconnected }) => connected || disconnected)).toBe(true);
    await soon(() => rivals.filter(({ connected, id }) => connected && id === client.sid).length).toBe(1);
    await soon(async () => (await servers[0]?.socketio.sockets({ to: client.sid }))?.length).toBe(1);
  });

  it("leaves a client with its process until the connect handler of another one has decided", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const decisions: (() => void)[] = [];
    other.socketio.off("connect");
    other.socketio.on("connect", async ({ token } = {}) => {
      session.name = "another name";
      await joinRoom("admins");
      emit("said", "welcome");
      await new Promise<void>((resolve) => decisions.push(resolve));
      if (token !== "right") throw new ConnectionRefusedError("wrong token");
    });
    const client = await Traveller.start(one);
    const { pid } = await credentials(client);
    for (const offset of [undefined, "nonsense"]) {
      const thief = stock.open(other.url, { auth: { pid, offset } });
      const refused = nextEvent(thief, "connect_error");
      await soon(() => decisions.length).toBe(1);
      one.socketio.emit("said", 1, { to: client.sid });
      await soon(() => client.heard.at(-1)).toBe(1);
      decisions.pop()?.();
      expect(String(await refused)).toContain("wrong token");
    }
    one.socketio.emit("said", 2, { to: ["red", "admins"] });
    await soon(() => client.heard).toEqual([1, 1, 2]);
    expect(await client.where()).toEqual([{ sid: client.sid, name: client.sid, rooms: [client.sid, "red"] }]);
    // The other process's changes for a refused client are undone; those for an accepted one remain.
    client.socket.auth = { token: "right" };
    await client.leave();
    one.socketio.emit("said", 3, { to: "red" });
    client.proxy.leadTo(other.port);
    client.proxy.restore();
    await soon(() => decisions.length).toBe(1);
    one.socketio.emit("said", 4, { to: ["red", "admins"] });
    await soon(async () => (await one.socketio.sockets({ to: "admins" })).length).toBe(0);
    decisions.pop()?.();
    await soon(() => client.returns).toEqual([true]);
    one.socketio.emit("said", 5, { to: "admins" });
    // The order of events from two processes is not defined.
    const others = () => client.heard.filter((value) => value !== "welcome");
    await soon(others).toEqual([1, 1, 2, 3, 4, 5]);
    expect(client.heard.slice(4, 6)).toContain("welcome");
    expect(await client.where()).toEqual([
      { sid: client.sid, name: "another name", rooms: [client.sid, "red", "admins"] },
    ]);
    await client.leave();
    await client.arrive(one);
    one.socketio.emit("said", 6, { to: "red" });
    await soon(others).toEqual([1, 1, 2, 3, 4, 5, 6]);
    expect(client.heard).toHaveLength(8);
  });

  it("requires a client whose authentication has ended to authenticate again at any process", async () => {
    const broker = await startBroker();
    const servers = [await serve(broker), await serve(broker)] as const;
    const seen: unknown[] = [];
    for (const { socketio } of servers) {
      socketio.off("connect");
      socketio.on("connect", ({ token } = {}) => {
        seen.push([request.recovered, token]);
        // Like many handlers, it trusts a recovered client.
        if (request.recovered) return;
        if (token !== "right") throw new ConnectionRefusedError("wrong token");
        expireAt(Date.now() + 500, { notice: 0 });
      });
    }
    const proxy = await TcpProxy.open(servers[0].port);
    onTestFinished(() => proxy.stop());
    const socket = await stock.connect(proxy.url, { ...eager, auth: { token: "right" } });
    socket.auth = { token: "wrong" };
    proxy.leadTo(servers[1].port);
    expect(String(await nextEvent(socket, "connect_error"))).toContain("wrong token");
    expect(seen).toEqual([
      [false, "right"],
      [true, "wrong"],
      [false, "wrong"],
    ]);
  });

  it("ends the authentication of a client that has returned at the original time", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    one.socketio.on("prove", () => expireAt(Date.now() + 1500, { notice: 0 }));
    const client = await Traveller.start(one);
    await ask(client.socket, "prove");
    await client.leave();
    await client.arrive(other);
    expect(client.returns).toEqual([true]);
    const [told] = await nextEvent(client.socket, "disconnect_reason");
    expect(told).toMatchObject({ code: "ERR_AUTHENTICATION_EXPIRED" });
  });

  it("starts a new session at another process for a client that has logged out, and recovers one that has not", async () => {
    const broker = await startBroker();
    let userId: number | undefined = 1;
    const sessions: HttpSessions = {
      name: "a test's",
      writable: false,
      open: async () => ({ read: async () => ({ userId }), write: async () => {} }),
    };
    const [one, other] = [
      await serve(broker, { session: sessions }),
      await serve(broker, { session: sessions }),
    ];
    const client = await Traveller.start(one);
    await client.leave();
    await client.arrive(other);
    userId = undefined;
    await client.leave();
    await client.arrive(one);
    expect(client.returns).toEqual([true, false]);
    expect(sidOf(client.socket)).not.toBe(client.sid);
  });

  it("accepts names that mean something to JavaScript as keys of a client's data, at every process", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    for (const { socketio } of [one, other]) {
      socketio.on("count", (key: string) => {
        for (const data of [session, request.publicData as Record<string, unknown>]) {
          data[key] = ((data[key] as number | undefined) ?? 0) + 1;
        }
        return [session[key], request.publicData[key], Object.keys(request.publicData)];
      });
    }
    const client = await Traveller.start(one);
    const keys = ["constructor", "__proto__"];
    for (const key of keys) await ask(client.socket, "count", key);
    await client.leave();
    await client.arrive(other);
    expect(client.returns).toEqual([true]);
    for (const key of keys) expect(await ask(client.socket, "count", key)).toEqual([[2, 2, keys]]);
  });

  it("stores nothing on the broker that would let another program return as a client", async () => {
    const broker = await startBroker();
    const wire = await TcpProxy.open(Number(new URL(broker.url).port));
    onTestFinished(() => wire.stop());
    const url = broker.url.replace(new URL(broker.url).port, new URL(wire.url).port);
    const [one, other] = [await serve({ url }), await serve({ url })];
    const client = await Traveller.start(one);
    const { pid } = await credentials(client);
    await ask(client.socket, "join", "blue");
    await client.leave();
    await client.arrive(other);
    await client.leave();
    await client.arrive(one);
    expect(client.returns).toEqual([true, true]);
    const written = wire.passed.toString("latin1");
    expect(written).toContain("blue");
    expect(written).not.toContain(pid);
  });

  it("takes it from a process that was frozen, which drops the client when it continues", async () => {
    const broker = await startBroker();
    const [frozen, other] = [await startChild(broker), await serve(broker)];
    const client = await Traveller.start(frozen);
    frozen.signal("SIGSTOP");
    const lost = nextEvent(client.socket, "disconnect");
    client.proxy.leadTo(other.port);
    other.socketio.emit("said", 1, { to: "red" });
    // The client notices the missing heartbeat.
    await lost;
    await soon(() => client.heard).toEqual([1]);
    frozen.signal("SIGCONT");
    await soon(() => client.socket.connected).toBe(true);
    other.socketio.emit("said", 2, { to: "red" });
    await soon(() => client.heard).toEqual([1, 2]);
    expect(client.returns.every((recovered) => recovered)).toBe(true);
    await soon(async () => (await other.socketio.sockets({ to: client.sid })).length).toBe(1);
  });

  it("brings it back after its process has stopped gracefully", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const client = await Traveller.start(one);
    client.proxy.leadTo(other.port);
    await one.socketio.stop();
    other.socketio.emit("said", 1, { to: "red" });
    await soon(() => client.heard).toEqual([1]);
    expect(client.returns).toEqual([true]);
  });

  it("brings it back after another process has asked it to come back", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const expired: string[] = [];
    one.socketio.onRecoveryExpired(({ sid }) => expired.push(sid));
    const client = await Traveller.start(one);
    client.proxy.leadTo(other.port);
    await other.socketio.disconnect({ sid: client.sid, reason: "moving", retry: true });
    other.socketio.emit("said", 1, { to: "red" });
    await soon(() => client.heard).toEqual([{ reason: "moving", retry: true }, 1]);
    expect(client.returns).toEqual([true]);
    expect(client.socket.id).toBe(client.sid);
    expect(expired).toEqual([]);
  });

  it("leaves nothing in the memory of a process that has stopped, and the client at another one", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const kept: WeakRef<object>[] = [];
    one.socketio.on("keep", () => {
      const value = { text: "what a handler keeps" };
      session.value = value;
      kept.push(new WeakRef(value));
    });
    const client = await Traveller.start(one);
    await ask(client.socket, "keep");
    await client.leave();
    await soon(() => one.socketio.clientCount).toBe(0);
    await one.socketio.stop();
    await soon(() => {
      collectGarbage();
      return kept[0]?.deref();
    }).toBeUndefined();
    await client.arrive(other);
    expect(client.returns).toEqual([true]);
  });

  it("brings a client back to all of many rooms, in the order in which it joined them", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const client = await Traveller.start(one);
    const names = Array.from({ length: 200 }, (_, index) => `${index} `.padEnd(100, "x"));
    for (const name of names) client.socket.emit("join", name);
    await ask(client.socket, "leave", names[7]);
    await ask(client.socket, "join", names[7]);
    await ask(client.socket, "leave", names[8]);
    await client.leave();
    for (const name of names) one.socketio.emit("said", name, { to: name });
    await client.arrive(other);
    await soon(() => client.heard).toEqual(names.filter((name) => name !== names[8]));
    const [{ rooms: found }] = (await client.where()) as [{ rooms: string[] }];
    expect(found).toEqual([client.sid, "red", ...names.toSpliced(7, 2), names[7]]);
    // The client continues from there.
    await ask(client.socket, "leave", names[0]);
    await client.leave();
    await client.arrive(one);
    const [{ rooms: left }] = (await client.where()) as [{ rooms: string[] }];
    expect(left).toEqual(found.filter((room) => room !== names[0]));
    expect(client.returns).toEqual([true, true]);
  });

  it("starts new sessions for clients, and continues, when Redis has lost everything", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const client = await Traveller.start(one);
    one.socketio.emit("said", 1, { to: "red" });
    await soon(() => client.heard).toEqual([1]);
    await broker.kill();
    await broker.start();
    await soon(() => client.returns).toEqual([false]);
    await soon(() => client.where()).toMatchObject([{ rooms: [client.socket.id, "red"] }]);
    other.socketio.emit("said", 2, { to: "red" });
    await soon(() => client.heard.at(-1)).toBe(2);
    await client.leave();
    other.socketio.emit("said", 3, { to: "red" });
    await client.arrive(other);
    await soon(() => client.heard.slice(-2)).toEqual([2, 3]);
    expect(client.returns).toEqual([false, true]);
  });

  it("serves connected clients while Redis is down, and starts new sessions for clients that come back", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const [here, there, green] = [
      await Traveller.start(one),
      await Traveller.start(other),
      await Traveller.start(other),
    ];
    await ask(green.socket, "leave", "red");
    one.socketio.on("everything", () => {
      emit("told", 1);
      emit("told", 2, { callback: () => {} });
      emit("told", 3, { volatile: true });
      emit("told", 4);
      return 5;
    });
    const asking = await stock.connect(one.url);
    const told: unknown[] = [];
    asking.on("told", (value) => told.push(value));
    broker.freeze();
    asking.emit("everything", (value: unknown) => told.push(value));
    await soon(() => one.log.lines.filter((line) => line.includes("Recovery is off")).length).toBe(1);
    await soon(() => other.log.lines.filter((line) => line.includes("Recovery is off")).length).toBe(1);
    await soon(() => told).toEqual([1, 2, 3, 4, 5]);
    for (let number = 1; number <= 20; number += 1) one.socketio.emit("said", number, { to: "red" });
    await soon(() => here.heard.length).toBe(20);
    broker.thaw();
    await soon(() => one.log.lines.filter((line) => line.includes("Recovery is back")).length).toBe(1);
    await soon(() => other.log.lines.filter((line) => line.includes("Recovery is back")).length).toBe(1);
    one.socketio.emit("said", "after");
    for (const client of [here, there, green]) await soon(() => client.heard.at(-1)).toBe("after");
    // Clients of the other process know nothing of the events that one process sent during the outage.
    expect([there.heard, green.heard]).toEqual([["after"], ["after"]]);
    for (const client of [here, there, green]) {
      await client.leave();
      await client.arrive(other);
    }
    expect([here.returns, there.returns, green.returns]).toEqual([[false], [false], [true]]);
    expect(one.log.lines.filter((line) => line.includes("Recovery")).length).toBe(2);
  });

  it("counts an event of a handler as sent at the time of its call", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    one.socketio.events({
      coming() {
        emit("said", "before", { to: "blue" });
        joinRoom("blue");
        emit("said", "after", { to: "blue" });
      },
      going() {
        emit("said", "last", { to: "blue" });
        closeRoom("blue");
        emit("said", "too late", { to: "blue" });
      },
      farewell() {
        emit("said", "farewell");
        disconnect();
      },
    });
    const [client, witness] = [await Traveller.start(one), await Traveller.start(other)];
    await ask(witness.socket, "join", "blue");
    client.socket.emit("coming");
    await soon(() => client.heard).toEqual(["after"]);
    await soon(() => witness.heard).toEqual(["before", "after"]);
    await client.leave();
    await client.arrive(one);
    client.socket.emit("going");
    await soon(() => client.heard).toEqual(["after", "last"]);
    client.socket.emit("farewell");
    await soon(() => client.socket.connected).toBe(false);
    expect(client.heard).toEqual(["after", "last", "farewell"]);
  });

  it("reports a loss if a process without recovery sends to a room", async () => {
    const broker = await startBroker();
    const [one, other] = [await serve(broker), await serve(broker)];
    const emitter = new SocketIO({ messageQueue: broker.url });
    onTestFinished(() => emitter.stop());
    const [client, green] = [await Traveller.start(one), await Traveller.start(one)];
    await ask(green.socket, "leave", "red");
    await soon(() => {
      emitter.emit("said", "half", { to: "red" });
      return client.heard.length;
    }).toBeGreaterThan(0);
    // Processes announce the loss from time to time.
    await soon(async () => {
      await green.leave();
      await green.arrive(other);
      await client.leave();
      await client.arrive(other);
      return client.returns.at(-1);
    }).toBe(false);
    expect(green.returns.every((recovered) => recovered)).toBe(true);
  });

  it("accepts the events of a process without clients, if that process uses recovery", async () => {
    const broker = await startBroker();
    const server = await serve(broker);
    const emitter = new SocketIO({ messageQueue: broker.url, recovery: true });
    onTestFinished(() => emitter.stop());
    const client = await Traveller.start(server);
    await client.leave();
    for (let number = 0; number < 1000; number += 1) emitter.emit("said", number, { to: "red" });
    await client.arrive(server);
    await soon(() => client.heard.length).toBe(1000);
    expect(client.heard).toEqual(Array.from({ length: 1000 }, (_, number) => number));
    expect(client.returns).toEqual([true]);
  });
});

describe.skipIf(isSkipped("redis"))("recovery on Redis alone", () => {
  it("loses nothing and duplicates nothing while connections to Redis are killed", async () => {
    const broker = await Broker.redis();
    onTestFinished(() => broker.kill());
    const servers = [await serve(broker), await serve(broker)] as const;
    const clients = [await Traveller.start(servers[0]), await Traveller.start(servers[1])] as const;
    const sent: number[] = [];
    const areHeard = () => clients.every(({ heard }) => heard.length === sent.length);
    for (let number = 0; number < 400; number += 1) {
      // Events right after a kill fall into the outage. The next kill waits until it has ended.
      if (number % 25 === 0) await soon(areHeard).toBe(true);
      if (number % 100 === 50) await broker.command("CLIENT", "KILL", "TYPE", "pubsub");
      if (number % 100 === 75) await broker.command("CLIENT", "KILL", "TYPE", "normal");
      servers[number % 2]?.socketio.emit("said", number, number % 5 === 0 ? {} : { to: "red" });
      sent.push(number);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await soon(areHeard).toBe(true);
    expect(clients[0].heard).toEqual(clients[1].heard);
    expect(clients[0].heard.toSorted((one, other) => Number(one) - Number(other))).toEqual(sent);
    expect(clients.flatMap(({ returns }) => returns)).toEqual([]);
    for (const { log } of servers) expect(log.lines.filter((line) => line.includes("Recovery"))).toEqual([]);
  });

  it.each([
    ["answers with an error and ends the connection", "--proto-max-bulk-len"],
    ["ends the connection without a word", "--client-query-buffer-limit"],
  ])("gives up an event that is too large for a Redis which %s, and goes on", async (_what, setting) => {
    const broker = await Broker.redis(setting, "1048576");
    onTestFinished(() => broker.kill());
    const [one, other] = [await serve(broker), await serve(broker)];
    const clients = [await Traveller.start(one), await Traveller.start(other)] as const;
    const text = "x".repeat(1_500_000);
    one.socketio.emit("said", text, { to: "red" });
    one.socketio.emit("said", 1, { to: "red" });
    for (const client of clients) await soon(() => client.heard.includes(1)).toBe(true);
    // The clients of its own process get it all the same. The others learn that events may be missing.
    await soon(() => clients[0].heard.toSorted()).toEqual([1, text]);
    expect(clients[1].heard).toEqual([1]);
    await clients[1].leave();
    await clients[1].arrive(other);
    expect(clients[1].returns).toEqual([false]);
    expect(one.socketio.stats().eventsNotKept).toBe(1);
    expect(one.log.lines.filter((line) => line.includes("does not take an event"))).toHaveLength(1);
  });

  it("gives up a client whose session ends the connection to Redis, and no other", async () => {
    const broker = await Broker.redis("--client-query-buffer-limit", "1048576");
    onTestFinished(() => broker.kill());
    const one = await serve(broker);
    one.socketio.on("fill", () => {
      session.text = "x".repeat(1_500_000);
    });
    const [full, light] = [await Traveller.start(one), await Traveller.start(one)];
    await ask(full.socket, "fill");
    await full.leave();
    await soon(() => one.socketio.stats().clientsNotKept).toBe(1);
    await light.leave();
    for (const client of [full, light]) await client.arrive(one);
    expect([full.returns, light.returns]).toEqual([[false], [true]]);
    one.socketio.emit("said", 1, { to: "red" });
    await soon(() => light.heard).toEqual([1]);
  });

  it("writes only the change when a client joins a room, for any number of rooms", async () => {
    const broker = await Broker.redis();
    onTestFinished(() => broker.kill());
    const one = await serve(broker, { maxRoomLength: Number.POSITIVE_INFINITY });
    const client = await Traveller.start(one);
    const written = async () =>
      Number(/total_net_input_bytes:(\d+)/.exec(await broker.command("INFO", "stats"))?.[1]);
    const costs: number[] = [];
    for (let room = 0; room < 40; room += 1) {
      const before = await written();
      await ask(client.socket, "join", `${room}`.padEnd(20_000, "x"));
      costs.push((await written()) - before);
    }
    // A heartbeat may come in between.
    const typical = costs.toSorted((one, other) => one - other)[20] ?? 0;
    expect(typical).toBeGreaterThan(20_000);
    expect(typical).toBeLessThan(30_000);
  });

  it("works in a Redis Cluster", { timeout: 40_000 }, async () => {
    const cluster = await RedisCluster.start();
    onTestFinished(() => cluster.end());
    const [one, other] = [await serve(cluster), await serve(cluster)];
    const client = await Traveller.start(one);
    one.socketio.emit("said", 1, { to: "red" });
    await client.leave();
    one.socketio.emit("said", 2, { to: ["red", "blue"] });
    await client.arrive(other);
    other.socketio.emit("said", 3, { to: "red" });
    await soon(() => client.heard).toEqual([1, 2, 3]);
    expect(client.returns).toEqual([true]);
  });
});

/** The auth of a stock client that comes back. */
async function credentials({ socket }: Traveller): Promise<{ pid: string; offset: string | undefined }> {
  const { _pid: pid, _lastOffset: offset } = socket as unknown as { _pid: string; _lastOffset?: string };
  return { pid, offset };
}

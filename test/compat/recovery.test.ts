import { emit, type HttpSessions, joinRoom, request, rooms, type SocketIO, session } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { connected, record, type Socket, StockClient, sidOf, stockClients } from "../support/stock-client.ts";
import { type Interruption, TcpProxy } from "../support/tcp-proxy.ts";
import { nextEvent, soon } from "../support/waiting.ts";

/** How often each client is cut off, and the seed of the random moments. */
const rounds = Number(process.env.RECOVERY_ROUNDS ?? 100);
const seed = Number(process.env.RECOVERY_SEED ?? 1);

const current = (["polling", "websocket", "upgrade"] as const).map(
  (transport) => new StockClient("4.8", transport),
);

/** A client that reconnects at once. */
const eager = {
  reconnection: true,
  reconnectionDelay: 1,
  reconnectionDelayMax: 5,
  randomizationFactor: 0,
  timeout: 5000,
};

/** Events without the texts that recovery adds. */
function withoutOffsets(events: unknown[][]): unknown[][] {
  return events.map((values) => {
    expect(values.at(-1)).toMatch(/^[\w-]{8}\.[0-9a-z]+$/);
    return values.slice(0, -1);
  });
}

/** The handlers of these tests: a new client joins two rooms; a client that comes back is still in them. */
function serveRooms(socketio: SocketIO): void {
  socketio.on("connect", () => {
    if (request.recovered) return;
    session.name = request.sid;
    joinRoom("red");
    joinRoom("blue");
  });
  socketio.on("where", () => ({ sid: request.sid, name: session.name, rooms: rooms() }));
}

describe("a client that is cut off at random moments", () => {
  it(`gets every event exactly once and in order, ${rounds} times on each transport`, {
    timeout: 300_000,
  }, async () => {
    const server = await startServer({ recovery: true, pingInterval: 100, pingTimeout: 100 });
    const { socketio } = server;
    serveRooms(socketio);
    const random = randomFrom(seed);
    const subjects = await Promise.all(
      current.map(async (client) => {
        const proxy = await TcpProxy.start(server);
        const socket = await client.connect(proxy.url, eager);
        const returns: boolean[] = [];
        socket.on("connect", () => returns.push(socket.recovered));
        const got: unknown[] = [];
        socket.on("n", (number: number) => got.push(number));
        return { name: client.name, proxy, socket, sid: sidOf(socket), returns, got, sent: [] as number[] };
      }),
    );

    let number = 0;
    const source = setInterval(() => {
      number += 1;
      const each = subjects[number % subjects.length] as (typeof subjects)[number];
      const to = ["red", ["red", "blue"], "blue", each.sid, undefined, "green"][Math.floor(random() * 6)];
      if (to === undefined) socketio.emit("n", number);
      else socketio.emit("n", number, { to });
      for (const subject of subjects) {
        if (to !== "green" && (to !== each.sid || subject === each)) subject.sent.push(number);
      }
      // These may or may not arrive, but the text at their end must not confuse any client.
      if (number % 3 === 0) socketio.emit("weather", "rain", { volatile: true });
      if (number % 7 === 0) socketio.emit("question", "why", { callback: () => {} });
    }, 4);

    await Promise.all(
      subjects.map(async ({ proxy, socket, returns }) => {
        while (returns.length < rounds) {
          // Usually the client is connected; sometimes it is reconnecting.
          if (random() < 0.8) await soon(() => socket.connected).toBe(true);
          await sleep(random() * 50);
          const chance = random();
          proxy.interrupt(chance < 0.1 ? "freeze" : chance < 0.55 ? "half open" : "cut");
        }
      }),
    ).finally(() => clearInterval(source));

    for (const { name, socket, sid, returns, got, sent } of subjects) {
      await soon(() => got.length).toBe(sent.length);
      expect({ name, got }).toEqual({ name, got: sent });
      await soon(() => socket.connected).toBe(true);
      expect({ name, returns }).toEqual({ name, returns: returns.map(() => true) });
      // It may not have noticed yet that it was cut off once more.
      const where = () =>
        socket
          .timeout(500)
          .emitWithAck("where")
          .catch(() => null);
      await soon(where).toEqual({ sid, name: sid, rooms: [sid, "red", "blue"] });
    }
  });
});

describe.each(current)("%s", (client) => {
  async function start(options = {}) {
    const server = await startServer({ recovery: true, ...options });
    serveRooms(server.socketio);
    const proxy = await TcpProxy.start(server);
    const socket = await client.connect(proxy.url, eager);
    return { ...server, proxy, socket, sid: sidOf(socket), events: record(socket) };
  }

  /** Cuts the connection, runs a function, and then lets the client reconnect. */
  async function away(proxy: TcpProxy, socket: Socket, meanwhile: () => void | Promise<void>): Promise<void> {
    proxy.cut();
    await soon(() => socket.connected).toBe(false);
    await meanwhile();
    proxy.restore();
    await connectedAgain(socket);
  }

  it.each<Interruption>(["cut", "half open", "freeze"])(
    "comes back after a “%s”, though it has not received anything before",
    async (how) => {
      const { socketio, proxy, socket, sid, events } = await start({ pingInterval: 200, pingTimeout: 200 });
      await interrupted(proxy, socket, how);
      socketio.emit("tick");
      await connectedAgain(socket);
      socketio.emit("tack");
      await soon(() => events.length).toBe(2);
      expect(withoutOffsets(events)).toEqual([["tick"], ["tack"]]);
      expect([socket.recovered, socket.id]).toEqual([true, sid]);
    },
  );

  it("is not confused by a text at the end of an event that is not kept", async () => {
    const { socketio, proxy, socket, events } = await start();
    await soon(() => {
      if (events.length === 0) socketio.emit("vol", "hello", { volatile: true });
      return events.length;
    }).toBeGreaterThan(0);
    events.splice(1);
    await away(proxy, socket, () => socketio.emit("news", Buffer.from("abc"), { to: ["red", "blue"] }));
    await soon(() => events.at(-1)?.[0]).toBe("news");
    expect(withoutOffsets(events).filter(([event], index) => index === 0 || event !== "vol")).toEqual([
      ["vol", "hello"],
      ["news", Buffer.from("abc")],
    ]);
    expect(socket.recovered).toBe(true);
  });

  it("starts a new session when it missed more than is kept, and gets none of it", async () => {
    const { socketio, proxy, socket, sid, events } = await start({ recovery: { maxEvents: 5 } });
    const lost: unknown[] = [];
    socketio.onRecoveryExpired((client) => lost.push(client));
    await away(proxy, socket, () => {
      for (let number = 1; number <= 6; number += 1) socketio.emit("n", number, { to: "red" });
    });
    expect([socket.recovered, socket.id === sid]).toEqual([false, false]);
    expect(lost).toEqual([{ sid, namespace: "/", rooms: ["red", "blue"] }]);
    socketio.emit("n", 7, { to: "red" });
    await soon(() => events.length).toBe(1);
    expect(withoutOffsets(events)).toEqual([["n", 7]]);
    // Its data of the earlier session does not disturb the new one.
    await away(proxy, socket, () => socketio.emit("n", 8, { to: "red" }));
    await soon(() => events.length).toBe(2);
    expect(socket.recovered).toBe(true);
  });

  it("is kept no longer than the configured time", async () => {
    const { socketio, proxy, socket, sid } = await start({
      recovery: { maxDisconnection: 50 },
      pingInterval: 100,
      pingTimeout: 100,
    });
    const lost: unknown[] = [];
    socketio.onRecoveryExpired((client) => lost.push(client));
    await away(proxy, socket, () =>
      soon(() => lost).toEqual([{ sid, namespace: "/", rooms: ["red", "blue"] }]),
    );
    expect(socket.recovered).toBe(false);
  });

  it("does not recover after it has left by itself, or was disconnected", async () => {
    const { socketio, socket, sid } = await start();
    socket.disconnect();
    socket.connect();
    await connected(socket);
    const second = sidOf(socket);
    expect([socket.recovered, second === sid]).toEqual([false, false]);
    const left = nextEvent(socket, "disconnect");
    await socketio.disconnect({ sid: second });
    await left;
    socket.connect();
    await connected(socket);
    expect([socket.recovered, socket.id === second]).toEqual([false, false]);
  });

  it("may be refused when it comes back, and try again with another token", async () => {
    const server = await startServer({ recovery: true });
    const { socketio } = server;
    let valid = "old";
    socketio.on("connect", (auth) => auth.token === valid);
    const proxy = await TcpProxy.start(server);
    const auth = { token: "old" };
    const socket = await client.connect(proxy.url, { ...eager, auth });
    const sid = sidOf(socket);
    const events = record(socket);
    valid = "new";
    const refusal = nextEvent(socket, "connect_error");
    await interrupted(proxy, socket, "cut");
    socketio.emit("news", 1);
    expect((await refusal)[0]).toMatchObject({ message: "Connection rejected by server" });
    auth.token = "new";
    socket.connect();
    await connected(socket);
    await soon(() => events.length).toBe(1);
    expect([socket.recovered, socket.id]).toEqual([true, sid]);
  });

  it("is recoverable in one namespace, and not in another", async () => {
    const server = await startServer();
    const { socketio } = server;
    socketio.namespace("/chat", { recovery: true });
    socketio.on("hello", () => emit("hello", "world"));
    const proxy = await TcpProxy.start(server);
    const plain = await client.connect(proxy.url, eager);
    const chat = plain.io.socket("/chat");
    await connected(chat);
    const events = record(plain);
    plain.emit("hello");
    await soon(() => events).toEqual([["hello", "world"]]);
    await away(proxy, plain, () => socketio.emit("news", 1, { namespace: "/chat" }));
    await connectedAgain(chat);
    expect([plain.recovered, chat.recovered]).toEqual([undefined, true]);
  });
});

describe.each(stockClients.filter(({ version }) => version !== "4.8"))("%s", (client) => {
  it("knows nothing of recovery, and is served all the same", async () => {
    const { socketio, url } = await startServer({ recovery: true });
    serveRooms(socketio);
    const socket = await client.connect(url);
    const events = record(socket);
    socketio.emit("news", 1, { to: "red" });
    await soon(() => events.length).toBe(1);
    expect(withoutOffsets(events)).toEqual([["news", 1]]);
  });
});

describe("a client with an HTTP session that loses its connection", () => {
  it.each([true, false])(
    "continues where it was, and starts a new session once the visitor has logged out (manageSession: %s)",
    async (manageSession) => {
      const store = new Map<string, Record<string, unknown>>([["a cookie", { userId: 1 }]]);
      const sessions: HttpSessions = {
        name: "a test's",
        writable: true,
        open: async ({ headers }) => ({
          read: async () => structuredClone(store.get(String(headers.cookie)) ?? {}),
          write: async (changed) => void Object.assign(store.get(String(headers.cookie)) ?? {}, changed),
        }),
      };
      const server = await startServer({ recovery: true, session: sessions, manageSession });
      serveRooms(server.socketio);
      const proxy = await TcpProxy.start(server);
      const client = new StockClient("4.8", "websocket");
      const socket = await client.connect(proxy.url, { ...eager, extraHeaders: { cookie: "a cookie" } });
      const sid = sidOf(socket);
      const come = async () => {
        await interrupted(proxy, socket, "cut");
        await connectedAgain(socket);
        return { recovered: socket.recovered, isSame: sidOf(socket) === sid };
      };
      // The name, which its own handler has written, does not count as a change of the visitor.
      expect(await come()).toEqual({ recovered: true, isSame: true });
      store.clear();
      expect(await come()).toEqual({ recovered: false, isSame: false });
    },
  );
});

/** Resolves when the client has noticed. A polling client has no connection between two polls. */
async function interrupted(proxy: TcpProxy, socket: Socket, how: Interruption): Promise<void> {
  let noticed = false;
  socket.once("disconnect", () => {
    noticed = true;
  });
  await soon(() => {
    if (!noticed) proxy.interrupt(how);
    return noticed;
  }).toBe(true);
}

async function connectedAgain(socket: Socket): Promise<void> {
  await soon(() => socket.connected).toBe(true);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Pseudo-random numbers from 0 to 1: the same for the same seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Clients of one process notice nothing when the broker fails. `OUTAGE_SECONDS=10` makes each failure 10
 * seconds long, and prints the measurements.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { emit, joinRoom } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ask, type Socket, StockClient } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { nextEvent, soon, within } from "../support/waiting.ts";

/** Longer than it takes to notice a silent broker: a second until the ping, and two for the answer. */
const outageTime = Number(process.env.OUTAGE_SECONDS ?? 4) * 1000;
/** Emitted again and again during the outage, to members on other servers. */
const piece = "x".repeat(10_000);
/** More than the bus and the broker's client library keep, and far less than the test emits. */
const memoryBound = 96 * 1024 * 1024;
/** A client that waited for the broker would wait for two seconds. */
const longestWait = 1000;

const stock = new StockClient("4.8", "websocket");

/** A broker, and a proxy in front of it. */
interface Way {
  readonly broker: Broker;
  readonly proxy: TcpProxy;
}

/** How a broker fails, and how it recovers. */
const outages = {
  "is killed and comes back empty": {
    begin: ({ broker }: Way) => broker.kill(),
    end: ({ broker }: Way) => broker.start(),
  },
  "takes connections and bytes, and answers nothing": {
    begin: ({ broker }: Way) => broker.freeze(),
    end: ({ broker }: Way) => broker.thaw(),
  },
  "is behind a network that swallows everything": {
    begin: ({ proxy }: Way) => proxy.freeze("to server"),
    end: ({ proxy }: Way) => proxy.thaw(),
  },
} as const;

describe.each([
  ["Redis", "redis"],
  ["NATS", "nats"],
] as const)("while %s", (name, kind) => {
  it.skipIf(isSkipped(kind)).each(Object.entries(outages))(
    "%s, clients of one process reach each other at once, and everything goes on by itself afterwards",
    { timeout: outageTime + 30_000 },
    async (what, { begin, end }) => {
      const way = await open(kind);
      const servers = [await start(kind, way), await start(kind, way)] as const;
      for (const { trace } of servers)
        await soon(() => trace.some(({ type }) => type === "process joined")).toBe(true);
      const [one, neighbour, other] = await Promise.all(
        [servers[0], servers[0], servers[1]].map(({ url }) => stock.connect(url)),
      );
      if (one === undefined || neighbour === undefined || other === undefined) throw new Error("no clients");
      for (const client of [one, neighbour, other]) await ask(client, "join", "room");
      await ask(other, "join", "elsewhere");
      const before = await talk(one, neighbour, 500);

      const memoryBefore = memory();
      await begin(way);
      const flood = new Flood(servers[0]);
      const during = await talk(one, neighbour, outageTime, () => flood.bytes > 2 * memoryBound);
      flood.stop();
      const grown = memory() - memoryBefore;
      await end(way);

      for (const { log } of servers) {
        await soon(() => log.lines.at(-1)).toMatch(/^info The message queue is back/);
      }
      const heard = nextEvent(other, "again");
      servers[0].socketio.emit("again", 1, { to: "room" });
      expect(await heard).toEqual([1]);
      // The bound holds for any number of events and of attempts to reach the broker.
      for (const { log } of servers) {
        const told = log.lines.filter((line) => line.includes("message queue"));
        expect(told.map((line) => line.split(":")[0])).toEqual([
          "error The message queue is down",
          "info The message queue is back",
        ]);
      }
      expect(Math.max(...during.echoes, ...during.messages)).toBeLessThan(longestWait);
      expect(during.echoes.length).toBeGreaterThan(before.echoes.length);
      expect(grown).toBeLessThan(memoryBound);
      if (process.env.OUTAGE_SECONDS !== undefined) {
        console.log(
          `${name} ${what}: p99 of an echo ${p99(before.echoes)} ms before, ${p99(during.echoes)} ms during it (most ${most(during.echoes)}); ` +
            `of a message to a room ${p99(before.messages)} and ${p99(during.messages)} ms (most ${most(during.messages)}); ` +
            `${Math.round(flood.bytes / 1e6)} MB emitted to others, memory grew by ${Math.round(grown / 1e6)} MB`,
        );
      }
    },
  );
});

async function open(kind: "redis" | "nats"): Promise<Way> {
  const broker = await (kind === "redis" ? Broker.redis() : Broker.nats());
  const proxy = await TcpProxy.open(broker.port);
  onTestFinished(async () => {
    await proxy.stop();
    await broker.kill();
  });
  return { broker, proxy };
}

async function start(kind: "redis" | "nats", { proxy }: Way): Promise<TestServer> {
  const server = await startServer({ messageQueue: proxy.url.replace("http", kind) });
  server.socketio.events({
    echo: (value: unknown) => value,
    join: async (room: string) => {
      await joinRoom(room);
      return room;
    },
    say: (text: string) => emit("said", text, { to: "room" }),
  });
  return server;
}

/** The times of echoes and of messages between clients, in ms, for a time and until there are enough. */
async function talk(
  one: Socket,
  neighbour: Socket,
  time: number,
  isEnough: () => boolean = () => true,
): Promise<{ echoes: number[]; messages: number[] }> {
  const echoes: number[] = [];
  const messages: number[] = [];
  const end = performance.now() + time;
  while (performance.now() < end || !isEnough()) {
    const asked = performance.now();
    await within("the echo", ask(one, "echo", echoes.length));
    const said = performance.now();
    echoes.push(said - asked);
    const heard = nextEvent(neighbour, "said");
    one.emit("say", "hello");
    await heard;
    messages.push(performance.now() - said);
  }
  return { echoes, messages };
}

/** Emits to clients of other processes without a pause. */
class Flood {
  readonly #timer: NodeJS.Timeout;
  bytes = 0;

  constructor({ socketio }: TestServer) {
    this.#timer = setInterval(() => {
      for (let count = 0; count < 50; count += 1) socketio.emit("piece", piece, { to: "elsewhere" });
      this.bytes += 50 * piece.length;
    }, 5);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** The memory in use after a garbage collection, in bytes. */
function memory(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function p99(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return rounded(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
}

function most(times: readonly number[]): number {
  return rounded(Math.max(...times));
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

/** The upgrade from polling to WebSocket under load: each packet arrives once and in order. */

import { args, emit } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { connected, type Socket, stockClientsOver, upgraded } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { deferred, nextEvent, soon, within } from "../support/waiting.ts";

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** One direction of traffic: numbered events, some of them binary if `mixed`, some in each tick. */
class Stream {
  readonly received: number[] = [];
  sent = 0;
  readonly #mixed: boolean;

  constructor(mixed: boolean) {
    this.#mixed = mixed;
  }

  /** Sends until `total` are sent. */
  async send(total: number, emitNumber: (...values: unknown[]) => void, perTick = 20): Promise<void> {
    while (this.sent < total) {
      const index = this.sent;
      this.sent += 1;
      if (this.#mixed && index % 7 === 3) emitNumber(index, Buffer.from(String(index)), [Buffer.alloc(3)]);
      else emitNumber(index, `text ${index}`);
      if (this.sent % perTick === 0) await tick();
    }
  }

  /** Receives an event of `send`, and records its number, or NaN if its data is not whole. */
  readonly take = (index: number, data: unknown, more?: [unknown]) => {
    const isWhole =
      this.#mixed && index % 7 === 3
        ? String(data) === String(index) && Buffer.isBuffer(more?.[0]) && more[0].length === 3
        : data === `text ${index}`;
    this.received.push(isWhole ? index : Number.NaN);
  };
}

const numbers = (total: number) => Array.from({ length: total }, (_, index) => index);

/** The traffic of one client, whose events the server takes under a name of its own. */
function traffic(mixed: boolean) {
  return { up: new Stream(mixed), down: new Stream(mixed) };
}

describe.each(stockClientsOver("upgrade"))("the upgrade of %s", (client) => {
  it.each([
    { title: "5 000 packets", mixed: false },
    { title: "5 000 packets, some binary,", mixed: true },
  ])("in the midst of $title loses, doubles and reorders none in either direction", async ({ mixed }) => {
    const total = 5_000;
    const server = await startServer();
    const { socketio } = server;
    const proxy = await TcpProxy.start(server);
    const { up, down } = traffic(mixed);
    const bothUpgraded = deferred();
    /** The progress of both directions when one side changed its transport. */
    const upgrades: { side: string; sent: number[]; received: number[] }[] = [];
    const note = (side: string) => {
      upgrades.push({ side, sent: [up.sent, down.sent], received: [up, down].map((s) => s.received.length) });
      if (upgrades.length === 2) bothUpgraded.resolve();
    };
    /** All events but the last ones are sent independently of the upgrade; the last ones wait for it. */
    const run = async (stream: Stream, emitNumber: (...values: unknown[]) => void) => {
      await stream.send(total - 1000, emitNumber);
      await bothUpgraded.promise;
      await stream.send(total, emitNumber);
    };
    socketio.trace((event) => {
      if (event.type === "connection upgrade") note("server");
    });
    socketio.on("connect", () => {
      void run(down, (...values) => emit("down", args(...values)));
    });
    socketio.on("up", up.take);

    proxy.upgrades = "hold";
    const socket = client.open(proxy.url);
    socket.on("down", down.take);
    socket.on("connect", () => {
      void run(up, (...values) => socket.emit("up", ...values));
    });
    socket.io.engine.once("upgrade", () => note("client"));

    await soon(() => Math.min(up.received.length, down.received.length)).toBeGreaterThan(2000);
    expect(upgrades).toEqual([]);
    const sentBefore = [up.sent, down.sent];
    proxy.upgrades = "pass";
    await soon(() => [up.received.length, down.received.length]).toEqual([total, total]);

    expect(down.received).toEqual(numbers(total));
    expect(up.received).toEqual(numbers(total));
    expect(socket.io.engine.transport.name).toBe("websocket");
    // Both directions were in full flow: before, during and after the upgrade.
    expect(upgrades.map(({ side }) => side).toSorted()).toEqual(["client", "server"]);
    for (const { sent, received } of upgrades) {
      for (const [index, before] of sentBefore.entries()) {
        expect(sent[index]).toBeGreaterThan(before);
        expect(sent[index]).toBeLessThan(total - 1000);
        expect(received[index]).toBeGreaterThan(2000);
      }
    }
  });

  it("loses nothing at any moment", async () => {
    const total = 300;
    const { socketio, url } = await startServer();
    const streams = numbers(12).map(() => traffic(true));
    socketio.on("connect", (auth) => {
      const { down } = streams[auth.index] ?? traffic(true);
      void down.send(total, (...values) => emit("down", args(...values)), 1 + auth.index);
    });
    socketio.on("up", (client, ...values: Parameters<Stream["take"]>) => streams[client]?.up.take(...values));
    const sockets: Socket[] = [];
    for (const [index, { up, down }] of streams.entries()) {
      const socket = client.open(url, { auth: { index } });
      sockets.push(socket);
      socket.on("down", down.take);
      // They are emitted before the connection is open, and sent as soon as it is.
      void up.send(total, (...values) => socket.emit("up", index, ...values), 1 + index * 3);
      await tick();
    }
    await Promise.all(sockets.map(connected));
    await Promise.all(sockets.map(upgraded));
    await soon(() =>
      streams.every(({ up, down }) => up.received.length + down.received.length >= 2 * total),
    ).toBe(true);
    for (const { up, down } of streams) {
      expect(up.received).toEqual(numbers(total));
      expect(down.received).toEqual(numbers(total));
    }
  });

  it.each(["refuse", "drop", "drop after handshake"] as const)(
    "that fails (%s) leaves everything to polling",
    async (policy) => {
      const total = 2000;
      const server = await startServer();
      const { socketio } = server;
      const proxy = await TcpProxy.start(server);
      proxy.upgrades = policy;
      const { up, down } = traffic(true);
      socketio.on("connect", () => {
        void down.send(total, (...values) => emit("down", args(...values)));
      });
      socketio.on("up", up.take);
      const socket = client.open(proxy.url);
      const failed = nextEvent(socket.io.engine, "upgradeError");
      socket.on("down", down.take);
      socket.on("connect", () => {
        void up.send(total, (...values) => socket.emit("up", ...values));
      });
      const [error] = await failed;
      expect(String(error)).toContain("probe error");
      await soon(() => [up.received.length, down.received.length]).toEqual([total, total]);
      expect(up.received).toEqual(numbers(total));
      expect(down.received).toEqual(numbers(total));
      expect(socket.io.engine.transport.name).toBe("polling");
      expect(server.trace.some(({ type }) => type === "connection upgrade")).toBe(false);
    },
  );

  it("that is never answered leaves everything to polling, and can still succeed later", async () => {
    const server = await startServer();
    const proxy = await TcpProxy.start(server);
    proxy.upgrades = "hold";
    server.socketio.on("echo", (value) => value);
    const socket = client.open(proxy.url);
    await connected(socket);
    const echo = (value: unknown) =>
      within("the echo", new Promise((resolve) => socket.emit("echo", value, resolve)));
    expect(await echo(1)).toBe(1);
    expect(await echo(2)).toBe(2);
    expect(socket.io.engine.transport.name).toBe("polling");
    proxy.upgrades = "pass";
    await upgraded(socket);
    expect(await echo(3)).toBe(3);
  });

  it("is not tried with a server that allows no upgrades", async () => {
    const { socketio, url, trace } = await startServer({ allowUpgrades: false });
    socketio.on("echo", (value) => value);
    const socket = client.open(url);
    await connected(socket);
    for (const value of [1, 2, 3]) {
      const [answer] = await new Promise<unknown[]>((resolve) =>
        socket.emit("echo", value, (...given: unknown[]) => resolve(given)),
      );
      expect(answer).toBe(value);
    }
    expect(socket.io.engine.transport.name).toBe("polling");
    expect(trace.filter(({ type }) => type === "request refused")).toEqual([]);
  });
});

/** Programs that only emit: their events arrive, or they end with an error. */

import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { freePort } from "../support/free-port.ts";
import { LogLines } from "../support/log-lines.ts";
import { startServer } from "../support/server.ts";
import { record, StockClient, sidOf } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { soon } from "../support/waiting.ts";
import { Child } from "./support/child.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const stock = new StockClient("4.8", "websocket");

const forms = [
  ["Roomcast's own", {}],
  ["python-socketio's", { format: "python-socketio" }],
  ["the Redis adapter's", { format: "redis-adapter" }],
  ["Roomcast's own, with recovery", { recovery: true }],
] as const satisfies readonly (readonly [string, SocketIOOptions])[];

describe.skipIf(isSkipped("redis"))("a program that only emits", () => {
  it.concurrent("lives on while Redis is down, and then ends with an error: of stop(), or with its exit code", async ({
    expect,
  }) => {
    const program = "test/runtime/support/emitter-program.ts";
    const url = `redis://127.0.0.1:${await freePort()}`;
    const child = new Child(root, ["--import", "tsx", program, url]);
    for (const _ of ["without recovery", "with it"]) {
      expect(await child.line()).toMatch(
        /^RoomcastError: 1 message did not reach the message queue, or not for certain: .*ECONNREFUSED/,
      );
    }
    expect(await child.exit(15_000)).toBe(1);
    // Servers that were never stopped report it, too.
    expect(child.errors.match(/A message did not reach/g)?.length).toBe(4);
  }, 60_000);

  it.each(forms)("reaches clients when Redis comes late, in the format %s", async (_name, options) => {
    const broker = await Broker.redis();
    onTestFinished(() => broker.kill());
    const { url, socketio } = await startServer({ messageQueue: broker.url, ...options });
    const client = await stock.connect(url);
    await socketio.joinRoom("room", { sid: sidOf(client) });
    const events = record(client);
    let port = await freePort();
    const proxy = await TcpProxy.open(() => port);
    onTestFinished(() => proxy.stop());

    const log = new LogLines();
    const messageQueue = proxy.url.replace("http:", "redis:");
    const emitter = new SocketIO({ messageQueue, logger: log, ...options });
    emitter.emit("news", "early", { to: "room" });
    await soon(() => log.lines.join()).toMatch(/message queue is down/);
    emitter.emit("news", "later", { to: "room" });
    const closed = emitter.closeRoom("room");
    port = broker.port;
    await closed;
    await emitter.stop();
    await soon(() => events.map(([, value]) => value)).toEqual(["early", "later"]);
    await soon(() => socketio.rooms({ sid: sidOf(client) })).toEqual([sidOf(client)]);
    expect(log.lines.filter((line) => line.includes("did not reach"))).toEqual([]);
  });

  it("that Redis refuses gets the error from stop(), at once", async () => {
    const broker = await Broker.redis("--requirepass", "pw-1");
    onTestFinished(() => broker.kill());
    const log = new LogLines();
    const emitter = new SocketIO({ messageQueue: broker.url.replace("://", "://:pw-2@"), logger: log });
    emitter.emit("news");
    await emitter.joinRoom("room", { sid: "somebody" });
    const error = await emitter.stop().catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "ERR_MESSAGE_QUEUE", message: expect.stringMatching(/WRONGPASS/) });
    expect(inspect([error, log.lines, log.records], { depth: 10 })).not.toMatch(/pw-\d/);
  });

  it("gets an error from stop() about events that Redis has not confirmed", async () => {
    const broker = await Broker.redis();
    onTestFinished(() => broker.kill());
    const emitter = new SocketIO({ messageQueue: broker.url, logger: new LogLines() });
    await emitter.closeRoom("nobody");
    broker.freeze();
    emitter.emit("news");
    await expect(emitter.stop()).rejects.toMatchObject({ code: "ERR_MESSAGE_QUEUE" });
    broker.thaw();
  });
});

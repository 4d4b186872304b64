import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { readQueue } from "../../../src/backplane/queue/queue-source.ts";
import { importRedis } from "../../../src/backplane/redis/redis-client.ts";
import { duplicateSentinel, findPrimary } from "../../../src/backplane/redis/redis-sentinel.ts";
import { bulk, FakeRedisServer, list } from "../../support/fake-redis-server.ts";
import { freePort } from "../../support/free-port.ts";
import { soon } from "../../support/waiting.ts";

const redis = await importRedis();
const { signal } = new AbortController();

describe("the search for the primary", () => {
  it("asks one sentinel after another, closes each connection, and keeps the queue's credentials", async () => {
    const sentinel = await FakeRedisServer.start(([word]) =>
      word === "SENTINEL" ? list(bulk("10.0.0.7"), bulk("7000")) : undefined,
    );
    const away = `redis://127.0.0.1:${await freePort()}`;
    const queue = readQueue({
      sentinel: { name: "chat", url: [away, sentinel.url] },
      username: "ann",
      password: "p",
    });
    for (let count = 0; count < 4; count += 1) {
      expect(await findPrimary(redis, queue, signal)).toEqual({
        host: "10.0.0.7",
        port: 7000,
        username: "ann",
        password: "p",
      });
    }
    expect(sentinel.commands).toContainEqual(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "chat"]);
    await soon(() => sentinel.connections).toBe(0);
  });

  it("says what no sentinel knows, and what one refuses", async () => {
    const sentinel = await FakeRedisServer.start(([word]) => (word === "SENTINEL" ? "_\r\n" : undefined));
    const find = (url: string) => findPrimary(redis, readQueue({ sentinel: { name: "chat", url } }), signal);
    await expect(find(sentinel.url)).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/know no primary with the name "chat".*sentinel\.name/),
    });
    const closed = await FakeRedisServer.start(([word]) => (word === "HELLO" ? "-NOAUTH no\r\n" : undefined));
    await expect(find(closed.url)).rejects.toMatchObject({ code: "ERR_MESSAGE_QUEUE" });
  });
});

/** A sentinel client of the package, as far as its use goes. */
class FakeSentinel extends EventEmitter {
  isOpen = true;
  options: object = {};
  readonly sent: unknown[] = [];
  failure: Error | null = null;
  duplicate(options: object): this {
    this.options = options;
    return this;
  }
  async connect(): Promise<void> {
    if (this.failure !== null) throw this.failure;
  }
  async sendCommand(...values: unknown[]): Promise<void> {
    this.sent.push(values);
  }
  async destroy(): Promise<void> {
    this.isOpen = false;
  }
}

describe("a sentinel client of the application", () => {
  it("is duplicated with one connection to the primary, and stands for that", async () => {
    const client = new FakeSentinel();
    const server = await duplicateSentinel(client, () => {}, signal);
    expect(client.options).toMatchObject({ masterPoolSize: 1, replicaPoolSize: 0, keyPrefix: undefined });
    await server.ping();
    await server.scriptLoad("return 1");
    expect(client.sent).toEqual([
      [false, ["PING"], undefined],
      [false, ["SCRIPT", "LOAD", "return 1"], undefined],
    ]);
    server.destroy();
    expect(server.isOpen).toBe(false);
  });

  it("ends the link when a connection breaks, or the primary is another one", async () => {
    const client = new FakeSentinel();
    const lost: unknown[] = [];
    await duplicateSentinel(client, (error) => lost.push(error), signal);
    client.emit("topology-change", { type: "REPLICA_ADD" });
    expect(lost).toEqual([]);
    client.emit("topology-change", { type: "MASTER_CHANGE" });
    client.emit("client-error", { type: "MASTER", error: "gone" });
    expect(lost).toEqual([
      expect.objectContaining({ message: expect.stringContaining("another primary") }),
      "gone",
    ]);
  });

  it("that cannot connect is ended, and says what to do about a refusal", async () => {
    const client = new FakeSentinel();
    client.failure = new Error("WRONGPASS invalid");
    await expect(duplicateSentinel(client, () => {}, signal)).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
    });
    expect(client.isOpen).toBe(false);
  });
});

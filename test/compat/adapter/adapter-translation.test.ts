import { createClient } from "@redis/client";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Adapter, SessionAwareAdapter } from "socket.io-adapter";
import { describe, expect, it } from "vitest";
import { readQueue } from "../../../src/backplane/queue/queue-source.ts";
import { translateAdapter } from "../../../src/compat/adapter/adapter-translation.ts";

/** A client of ioredis, as far as the adapter and its translation see it. */
function ioredis(options?: object) {
  const calls: string[] = [];
  const call = (name: string) => () => {
    calls.push(name);
  };
  const client = {
    options,
    calls,
    defineCommand() {},
    psubscribe: call("psubscribe"),
    subscribe: call("subscribe"),
    punsubscribe: call("punsubscribe"),
    unsubscribe: call("unsubscribe"),
    on() {},
    off() {},
    removeListener() {},
  };
  return client;
}

describe("An adapter", () => {
  it("of memory needs nothing", () => {
    expect(translateAdapter(Adapter)).toBeNull();
    expect(translateAdapter(SessionAwareAdapter)).toBeNull();
  });

  it("that is the classic one for Redis becomes a message queue on its client", () => {
    const client = createClient();
    client.on("error", () => {});
    const made = createAdapter(fakeV4(client), fakeV4(client), { key: "own#key" });
    const translated = translateAdapter(made);
    expect(translated?.channel).toBe("own#key");
  });

  it("on a client of ioredis becomes a message queue at the same address, and leaves no subscription", () => {
    const [sender, subscriber] = [
      ioredis({ host: "redis", port: 7, db: 2, password: "p", tls: { ca: "c" } }),
      ioredis({}),
    ];
    expect(translateAdapter(createAdapter(sender, subscriber))).toEqual({
      channel: "socket.io",
      requestsTimeout: 5000,
      queue: { url: "redis://redis:7/2", password: "p", tls: { ca: "c" } },
    });
    expect(subscriber.calls).toEqual(["psubscribe", "subscribe", "punsubscribe", "unsubscribe"]);
  });

  it("on a client of ioredis with sentinels becomes a message queue behind the same sentinels", () => {
    const sentinels = [{ host: "one" }, { host: "::1", port: 7 }];
    const settings = { sentinels, name: "main", sentinelPassword: "s/p", db: 3, password: "p" };
    const queue = translateAdapter(createAdapter(ioredis(settings), ioredis()))?.queue;
    expect(queue).toEqual({
      sentinel: { name: "main", url: ["redis://:s%2Fp@one:26379", "redis://:s%2Fp@[::1]:7"] },
      database: 3,
      password: "p",
    });
    // The message queue takes it.
    expect(() => readQueue(queue as never)).not.toThrow();
  });

  it.each<[string, unknown, string]>([
    ["sharded", createShardedAdapter({}, {}), "ShardedRedisAdapter"],
    [
      "of streams, which is not called",
      new Function("nsp", "return new RedisStreamsAdapter(nsp)"),
      "RedisStreamsAdapter",
    ],
    ["of the program's own", class Own extends Adapter {}, "the class Own"],
    ["made by a function that fails", () => fail(), "a function that makes no adapter"],
    ["of another kind", () => ({ broadcast() {} }), "Object"],
    ["no function", {}, "a value of the type object"],
    ["on ioredis without sentinels", createAdapter(ioredis({ sentinels: [] }), ioredis()), "addresses"],
    [
      "on ioredis for sentinels with TLS",
      createAdapter(ioredis({ sentinels: [{}], name: "main", tls: {} }), ioredis()),
      "TLS",
    ],
    [
      "on ioredis for a cluster",
      createAdapter(Object.assign(ioredis({}), { isCluster: true }), ioredis()),
      "cluster",
    ],
    ["on ioredis for a Unix socket", createAdapter(ioredis({ path: "/redis" }), ioredis()), "Unix socket"],
  ])("%s is refused, with what to use instead", (_what, adapter, name) => {
    expect(() => translateAdapter(adapter)).toThrow(name);
    expect(() => translateAdapter(adapter)).toThrow("messageQueue");
  });
});

function fail(): never {
  throw new Error("no adapter");
}

/** A client that is not connected: it takes subscriptions, which no one hears. */
function fakeV4(client: object) {
  const nothing = async () => {};
  return Object.assign(client, {
    pSubscribe: nothing,
    subscribe: nothing,
    pUnsubscribe: nothing,
    unsubscribe: nothing,
  });
}

import { createClient } from "@redis/client";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Adapter, SessionAwareAdapter } from "socket.io-adapter";
import { describe, expect, it } from "vitest";
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
    ["on ioredis with sentinels", createAdapter(ioredis({ sentinels: [] }), ioredis()), "sentinels"],
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

import { expect, it, onTestFinished } from "vitest";
import { redisChannelLinks } from "../../../src/backplane/redis/redis-channel-link.ts";
import { bulk, FakeRedisServer, push, type RedisAnswer } from "../../support/fake-redis-server.ts";
import { soon } from "../../support/waiting.ts";

/** A link to a server that the test plays, and what its owner hears. */
async function connect(answer?: RedisAnswer) {
  const server = await FakeRedisServer.start(answer);
  const heard: string[] = [];
  const owner = {
    onMessage: (channel: string, message: Uint8Array) => heard.push(`${channel}: ${Buffer.from(message)}`),
    onLost: () => heard.push("lost"),
    onRefused() {},
  };
  const link = await redisChannelLinks(server.url)(owner, new AbortController().signal);
  onTestFinished(() => link.close());
  server.commands.length = 0;
  return { server, heard, link };
}

it("takes channels under their own names, and those that end with * as patterns", async () => {
  const { server, heard, link } = await connect();
  await link.subscribe(["chat", "rooms#*", "a*b"]);
  expect(server.commands.splice(0)).toEqual([
    ["SUBSCRIBE", "chat", "a*b"],
    ["PSUBSCRIBE", "rooms#*"],
  ]);
  server.send(push(bulk("message"), bulk("chat"), bulk("one")));
  server.send(push(bulk("pmessage"), bulk("rooms#*"), bulk("rooms#red#"), bulk("two")));
  await soon(() => heard).toEqual(["chat: one", "rooms#red#: two"]);
  await link.publish("chat", Buffer.from("three"));
  await link.unsubscribe(["rooms#*"]);
  await link.unsubscribe(["chat"]);
  expect(server.commands).toEqual([
    ["PUBLISH", "chat", "three"],
    ["PUNSUBSCRIBE", "rooms#*"],
    ["UNSUBSCRIBE", "chat"],
  ]);
});

it("says what to do where this user may not subscribe, and lives where it may not ping", async () => {
  const { link } = await connect(([word]) =>
    word === "SUBSCRIBE" || word === "PING" ? "-NOPERM no permissions\r\n" : undefined,
  );
  await expect(link.subscribe(["chat"])).rejects.toMatchObject({
    code: "ERR_MESSAGE_QUEUE",
    message: expect.stringContaining("docs/brokers.md"),
  });
  await expect(link.ping()).resolves.toBeDefined();
});

it("tells when either of its two connections is lost, and nothing of its own end", async () => {
  const { server, heard, link } = await connect();
  expect(server.connections).toBe(2);
  server.disconnect();
  await soon(() => heard.length).toBeGreaterThan(0);
  const other = await connect();
  other.link.close();
  await soon(() => other.server.connections).toBe(0);
  expect([new Set(heard), other.heard]).toEqual([new Set(["lost"]), []]);
  await expect(link.publish("chat", Buffer.from("late"))).rejects.toThrow();
});

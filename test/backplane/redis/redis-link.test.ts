import { expect, it, onTestFinished, vi } from "vitest";
import { redisLinks } from "../../../src/backplane/redis/redis-link.ts";
import { bulk, FakeRedisServer, push } from "../../support/fake-redis-server.ts";
import { soon } from "../../support/waiting.ts";

/** A link to a server that the test plays, and what its owner hears. */
async function connect(channel: string) {
  const server = await FakeRedisServer.start();
  const heard: string[] = [];
  const owner = {
    onMessage: (subject: string, message: Uint8Array) => heard.push(`${subject}: ${Buffer.from(message)}`),
    onLost: (error: unknown) => heard.push(`lost: ${error}`),
    onRefused() {},
  };
  const link = await redisLinks(server.url, channel)(owner, new AbortController().signal);
  onTestFinished(() => link.close());
  // One that asks what the server can do.
  expect(server.commands.splice(0)).toEqual([["SPUBLISH", expect.stringMatching(/^app.*\{\d+\}:$/), ""]]);
  return { server, heard, link };
}

it("puts a subject on a partition that all processes find, under the name of the application", async () => {
  const { server, heard, link } = await connect("app{x}");
  await link.subscribe(["news", "a}:b", "ö {c}"]);
  const [, ...channels] = server.commands.shift() ?? [];
  // Braces of the application's name or of a subject do not pass for those of the partition.
  expect(channels).toEqual([
    expect.stringMatching(/^app_x_\{\d{1,3}\}:news$/),
    expect.stringMatching(/^app_x_\{\d{1,3}\}:a\}:b$/),
    expect.stringMatching(/^app_x_\{\d{1,3}\}:ö \{c\}$/),
  ]);
  await link.publish("news", Buffer.from("hello"));
  expect(server.commands.shift()).toEqual(["SPUBLISH", channels[0], "hello"]);
  for (const channel of channels) server.send(push(bulk("smessage"), bulk(channel), bulk("hi")));
  await soon(() => heard).toEqual(["news: hi", "a}:b: hi", "ö {c}: hi"]);
  await link.unsubscribe(["news"]);
  expect(server.commands).toEqual([["SUNSUBSCRIBE", channels[0]]]);
});

it("spreads subjects over many partitions", async () => {
  const { server, link } = await connect("app");
  await link.subscribe(Array.from({ length: 1000 }, (_, number) => `room ${number}`));
  const partitions = server.commands[0]?.slice(1).map((channel) => /\{(\d+)\}/.exec(channel)?.[1]) ?? [];
  expect(Math.max(...partitions.map(Number))).toBeLessThan(128);
  expect(new Set(partitions).size).toBeGreaterThan(100);
});

it("makes no time limit for each message: the bus pings", async () => {
  const { server, link } = await connect("app");
  const timeout = vi.spyOn(AbortSignal, "timeout");
  onTestFinished(() => timeout.mockRestore());
  for (let number = 0; number < 10; number += 1) await link.publish("news", Buffer.from(`${number}`));
  expect(server.commands).toHaveLength(10);
  expect(timeout).not.toHaveBeenCalled();
});

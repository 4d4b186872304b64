import { expect, it } from "vitest";
import { queueBus, streamBroker } from "../../src/backplane/message-queue.ts";
import { FakeClock } from "../support/fake-clock.ts";

const clock = new FakeClock();

it.each([
  ["redis://127.0.0.1:6379", "Redis", "Redis"],
  ["nats://127.0.0.1:4222", "NATS", "NATS"],
  ["memory://test", "memory", undefined],
])("knows the broker of %s", (url, bus, log) => {
  expect(queueBus(url, "roomcast", clock).name).toBe(bus);
  expect(streamBroker(url, "roomcast", clock)?.name).toBe(log);
});

it("connects servers in memory that give the same URL and channel", async () => {
  const heard: string[] = [];
  const listener = {
    onMessage: (subject: string) => heard.push(subject),
    onUp() {},
    onDown() {},
    onRefused() {},
  };
  const [one, two, other] = ["a", "a", "b"].map((channel) => queueBus("memory://meeting", channel, clock));
  for (const bus of [one, two, other]) {
    await bus?.open(listener);
    await bus?.subscribe("news");
  }
  one?.publish("news", Buffer.from("hello"));
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  expect(heard).toEqual(["news"]);
});

import { expect, it } from "vitest";
import { MemoryBroker } from "../../../src/backplane/bus/memory-bus.ts";

const turn = () => new Promise(setImmediate);

/** Buses of one broker that have been opened, and what each hears. */
async function setup(count = 2) {
  const broker = new MemoryBroker();
  const ends = Array.from({ length: count }, () => ({ bus: broker.bus(), told: [] as string[] }));
  for (const { bus, told } of ends) {
    await bus.open({
      onMessage: (subject, message) => told.push(`${subject}: ${Buffer.from(message)}`),
      onUp: () => told.push("up"),
      onDown: (error) => told.push(String(error)),
      onRefused() {},
    });
    told.length = 0;
  }
  return { broker, ends };
}

const hello = Buffer.from("hello");

it("runs no code of a receiver inside of the sender", async () => {
  const { broker, ends } = await setup();
  const [one, other] = ends;
  await other?.bus.subscribe("news");
  expect(one?.bus.publish("news", hello)).toBe(true);
  expect(other?.told).toEqual([]);
  await turn();
  expect([other?.told, broker.delivered]).toEqual([["news: hello"], 1]);
});

it("loses messages under way when the broker stops, or a receiver leaves the subject", async () => {
  const { broker, ends } = await setup(3);
  const [one, two, three] = ends;
  await two?.bus.subscribe("news");
  await three?.bus.subscribe("news");
  one?.bus.publish("news", hello);
  two?.bus.unsubscribe("news");
  await turn();
  expect([two?.told, three?.told]).toEqual([[], ["news: hello"]]);
  one?.bus.publish("news", hello);
  broker.stop();
  broker.start();
  broker.stop();
  await turn();
  const [stopped, started] = ["Error: The memory broker was stopped.", "up"];
  expect(three?.told.slice(1)).toEqual([stopped, started, stopped]);
});

it("takes messages only while it is open, and confirms only what a broker hears", async () => {
  const { broker, ends } = await setup(1);
  const bus = broker.bus();
  expect(bus.publish("news", hello)).toBe(false);
  const steps: string[] = [];
  void bus.subscribe("early").then(() => steps.push("early"));
  await turn();
  expect(steps).toEqual([]);
  broker.stop();
  await bus.open({
    onMessage() {},
    onUp: () => steps.push("up"),
    onDown: () => steps.push("down"),
    onRefused() {},
  });
  void bus.subscribe("given up").then(() => steps.push("given up"));
  bus.unsubscribe("given up");
  await turn();
  expect(steps).toEqual(["down", "given up"]);
  broker.start();
  await turn();
  expect(steps.slice(2).toSorted()).toEqual(["early", "up"]);
  const open = bus.subscribe("news");
  expect(bus.subscribe("news")).toBe(open);
  await bus.close();
  expect(bus.publish("news", hello)).toBe(false);
  ends[0]?.bus.publish("news", hello);
  expect(broker.delivered).toBe(0);
});

import { describe, expect, it } from "vitest";
import { QueueSecret } from "../../../src/backplane/wire/queue-secret.ts";
import { SignedBus } from "../../../src/backplane/wire/signed-bus.ts";
import { longestWay } from "../../../src/backplane/wire/signed-messages.ts";
import { FakeBus } from "../../support/fake-bus.ts";

const [secret, another] = ["the secret of these tests alone", "a secret of another application"];
const hello = Buffer.from("hello");

/** A process with a secret, on a bus that the test plays. */
async function setup(own = secret) {
  const bus = new FakeBus();
  const clock = { now: 1_800_000_000_000 };
  const told: string[] = [];
  const problems = { onIgnored: (problem: string, details: string) => told.push(`${problem}: ${details}`) };
  const signed = new SignedBus(bus, new QueueSecret([own], "app"), problems, () => clock.now);
  await signed.open({
    onMessage: (subject, message) => told.push(`${subject}> ${Buffer.from(message)}`),
    onUp: () => told.push("up"),
    onDown: (error) => told.push(`down: ${error}`),
    onRefused: (error) => told.push(`refused: ${error}`),
    onUnconfirmed: (count, error) => told.push(`${count} unconfirmed: ${error}`),
  });
  told.length = 0;
  /** A message as it travels, signed by this process. */
  const sign = (subject: string) => {
    signed.publish(subject, hello);
    return bus.sent.at(-1)?.message ?? new Uint8Array();
  };
  const receive = (subject: string, message: Uint8Array) => bus.listener.onMessage(subject, message);
  return { bus, clock, told, signed, sign, receive };
}

describe("a message on a signed bus", () => {
  it("reaches the processes with the secret as it was sent, on its own subject, and once", async () => {
    const [one, other] = [await setup(), await setup()];
    const bytes = one.sign("news");
    expect(bytes).not.toEqual(new Uint8Array(hello));
    other.receive("news", bytes);
    other.receive("news", bytes);
    other.receive("gossip", one.sign("news"));
    expect(other.told).toEqual([
      "news> hello",
      "repeated: a message on news that came before",
      "forged: a signature that does not fit on gossip",
    ]);
  });

  it("is not taken without a signature, with that of another secret, or after its time", async () => {
    const [one, other, stranger] = [await setup(), await setup(), await setup(another)];
    const old = one.sign("news");
    other.clock.now += longestWay + 1;
    other.receive("news", hello);
    other.receive("news", stranger.sign("news"));
    other.receive("news", old);
    expect(other.told).toEqual([
      "unsigned: a message without a signature on news",
      "other secret: a message signed with another secret on news",
      expect.stringMatching(/^stale: a message on news that was signed \d+ ms ago$/),
    ]);
  });

  it("that comes back to its sender is dropped without a word", async () => {
    const { receive, sign, told } = await setup();
    receive("news", sign("news"));
    expect(told).toEqual([]);
  });
});

it("tells all that happens on the bus below, and takes no more than that does", async () => {
  const { bus, signed, told } = await setup();
  const { listener } = bus;
  listener.onDown(new Error("gone"));
  listener.onUp();
  listener.onRefused(new Error("too large"));
  listener.onUnconfirmed?.(2, new Error("gone"));
  expect(told).toEqual([
    "down: Error: gone",
    "up",
    "refused: Error: too large",
    "2 unconfirmed: Error: gone",
  ]);
  bus.takes = false;
  expect(signed.publish("news", hello)).toBe(false);
  bus.upWait = Promise.resolve();
  expect(signed.whenUp()).toBe(bus.upWait);
  await signed.subscribe("news");
  expect([...bus.subjects]).toEqual(["news"]);
  signed.unsubscribe("news");
  await signed.close();
  expect([[...bus.subjects], bus.closings, signed.name]).toEqual([[], 1, bus.name]);
});

import { expect, it } from "vitest";
import type { BrokerLinkOwner } from "../../../src/backplane/bus/broker-bus.ts";
import { BrokerRecovery } from "../../../src/backplane/recovery/broker-recovery.ts";
import type { StreamLink } from "../../../src/backplane/stream/stream-link.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const turn = () => new Promise(setImmediate);

/** A process that serves clients and has a connection to its broker, which a test ends. */
async function setup() {
  const clock = new FakeClock();
  const told: string[] = [];
  let link: BrokerLinkOwner | null = null;
  let isThere = true;
  const recovery = new BrokerRecovery(
    {
      name: "Broker",
      links: (onOpen) => (owner) => {
        if (!isThere) return new Promise(() => {});
        link = owner;
        const opened = { ping: () => Promise.resolve(), close() {} } as unknown as StreamLink;
        onOpen(opened);
        return Promise.resolve(opened);
      },
    },
    "app",
    "node",
    {
      onUp: () => told.push("up"),
      onDown: (error) => told.push(`down: ${error}`),
      onIgnored: (problem) => told.push(`ignored: ${problem}`),
      onRefused: (error) => told.push(`refused: ${error}`),
      onUnusable: (error) => told.push(`unusable: ${error}`),
      onLost: (count) => told.push(`lost: ${count}`),
      onUnkept: (what) => told.push(`not kept: ${what}`),
      report: (error) => told.push(`error: ${error}`),
    },
    clock,
  );
  recovery.serve();
  await recovery.start();
  return {
    clock,
    told,
    async lose() {
      isThere = false;
      link?.onLost(new Error("gone"));
      await turn();
    },
  };
}

it("tells that recovery is off when the broker has not been there for a second", async () => {
  const { clock, told, lose } = await setup();
  await lose();
  clock.advance(999);
  expect(told).toEqual([]);
  clock.advance(2);
  expect(told).toEqual(["down: Error: gone"]);
});

it("does not give the broker up for the time in which the process itself stood still", async () => {
  const { clock, told, lose } = await setup();
  await lose();
  for (let stall = 0; stall < 4; stall += 1) {
    clock.stall(5000);
    clock.advance(100);
  }
  expect(told).toEqual([]);
  clock.advance(1000);
  expect(told).toEqual(["down: Error: gone"]);
});

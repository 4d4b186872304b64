import { expect, it } from "vitest";
import { LatePresence } from "../../../src/app/presence/late-presence.ts";
import { presenceEvents } from "../../../src/app/presence/presence-events.ts";
import type { OtherServers } from "../../../src/backplane/cluster/server-event.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { LogLines } from "../../support/log-lines.ts";
import { soon } from "../../support/waiting.ts";

const told: unknown[][] = [];
const others: OtherServers = {
  node: "own",
  isServer: true,
  isReachable: true,
  nodes: () => [],
  tellServers: (...message) => void told.push(message),
  askServers() {},
};

function presence() {
  told.length = 0;
  const clock = new FakeClock();
  const late = new LatePresence({ others: () => others, clock, logger: new LogLines() });
  const changes: string[] = [];
  const watch = () =>
    late.watch({
      prefix: "user:",
      namespace: "/",
      grace: 1000,
      online: (room) => void changes.push(`${room} online`),
      offline: (room) => void changes.push(`${room} offline`),
    });
  return { late, clock, changes, watch };
}

it("tells what has happened since it watches, though its code comes later", async () => {
  const { late, clock, changes, watch } = presence();
  late.onRoomOpen("/", "user:0");
  expect(watch()).not.toBe(null);
  late.onRoomOpen("/", "user:1");
  late.onRoomOpen("/", "user:2");
  late.onRoomEmpty("/", "user:2");
  late.onServerJoined();
  await soon(() => changes).toEqual(["user:1 online", "user:2 online"]);
  clock.endTick();
  clock.advance(1000);
  await soon(() => changes.slice(2)).toEqual(["user:2 offline"]);
  expect(told.map(([event]) => event)).toContain(presenceEvents.rooms);
  expect(watch()).toBe(null);
  late.close();
});

it("knows its events, and answers those of other processes only where it watches", async () => {
  const { late, watch, clock } = presence();
  expect([late.owns(presenceEvents.ask), late.owns("roomcast:other")]).toEqual([true, false]);
  await late.take(presenceEvents.ask, []);
  watch();
  late.onRoomOpen("/", "user:1");
  await late.take(presenceEvents.ask, []);
  clock.advance(100);
  expect(told).toContainEqual([presenceEvents.rooms, ["own", 1, 1, ["/", "user:1", true]]]);
  late.onServerLeft("other");
  late.close();
});

it("rejects what it cannot read", async () => {
  const { late, watch } = presence();
  watch();
  await expect(late.take(presenceEvents.told, [1])).rejects.toThrow("not understood");
  await expect(late.take(presenceEvents.rooms, [])).rejects.toThrow("not understood");
  late.close();
});

import { expect, it } from "vitest";
import { Trace } from "../../../src/base/trace.ts";
import { ForeignEvents } from "../../../src/core/foreign-events.ts";
import type { Hub } from "../../../src/core/hub.ts";
import { OutgoingEvents } from "../../../src/core/outgoing-events.ts";
import { Tails } from "../../../src/dashboard/data/tails.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** The part of a hub that is used: one client. */
function tailsOf() {
  const clock = new FakeClock();
  const trace = new Trace();
  const outgoing = new OutgoingEvents({ report: () => {} }, trace);
  const foreignEvents = new ForeignEvents();
  const socket = { rooms: new Set(["tea"]) };
  const hub = {
    trace,
    outgoing,
    namespaces: {
      foreignEvents,
      find: (_namespace: string, sid: string) => (sid === "ada" ? socket : undefined),
    },
  };
  const send = (rooms: readonly string[] | null, skip: readonly string[] | null = null) =>
    outgoing.onSent({ namespace: "/", sid: null, rooms, skip }, "news", [1], 1);
  return { clock, trace, hub, foreignEvents, send, tails: new Tails(hub as unknown as Hub, clock, true) };
}

const ada = { namespace: "/", sid: "ada" };

it("a client that is not here is not watched", async () => {
  const { tails } = tailsOf();
  expect(await tails.read({ namespace: "/", sid: "bob" }, 0, 1000)).toBeNull();
  expect(tails.size).toBe(0);
});

it("events for its rooms and for all are its events, but for those that leave it out", async () => {
  const { tails, send } = tailsOf();
  await tails.read(ada, 0, 0);
  send(null);
  send(["tea"]);
  send(["coffee"]);
  send(null, ["ada"]);
  expect((await tails.read(ada, 1, 0))?.entries.map(({ to }) => to)).toEqual(["everyone", "tea"]);
});

it("a page that asks waits for the next event, and gets what comes in the same moment with it", async () => {
  const { tails, send, clock } = tailsOf();
  await tails.read(ada, 0, 0);
  const asked = tails.read(ada, 1, 8000);
  send(null);
  send(["tea"]);
  clock.advance(100);
  expect((await asked)?.entries).toHaveLength(2);
  const idle = tails.read(ada, 3, 8000);
  clock.advance(8000);
  expect(await idle).toMatchObject({ entries: [], next: 3 });
});

it("the server is not listened to once no page has asked for a while", async () => {
  const { tails, trace, hub, foreignEvents, clock } = tailsOf();
  await tails.read(ada, 0, 0);
  expect([trace.active, hub.outgoing.isWatched, foreignEvents.isWatched]).toEqual([true, true, true]);
  clock.advance(15_000);
  expect([trace.active, hub.outgoing.isWatched, foreignEvents.isWatched]).toEqual([false, false, false]);
  expect([tails.size, clock.timerCount]).toEqual([0, 0]);
});

it("a server that stops waits for no page", async () => {
  const { tails } = tailsOf();
  await tails.read(ada, 0, 0);
  const asked = tails.read(ada, 1, 8000);
  tails.close();
  expect(await asked).toMatchObject({ ended: true });
});

it("of a flood the latest events are kept, and the page is told how many are missing", async () => {
  const { tails, send } = tailsOf();
  await tails.read(ada, 0, 0);
  for (let count = 0; count < 700; count += 1) send(null);
  expect(await tails.read(ada, 1, 0)).toMatchObject({ lost: 200, next: 701, entries: { length: 500 } });
});

it("goes on where a client comes back under its id", async () => {
  const { tails, trace, send } = tailsOf();
  await tails.read(ada, 0, 0);
  const socket = { ...ada, connection: 1 };
  trace.publish({ type: "socket disconnect", ...socket, reason: "transport close" });
  expect(await tails.read(ada, 1, 0)).toMatchObject({ ended: true, next: 2 });
  trace.publish({ type: "socket connect", ...socket, recovered: true });
  send(null);
  expect(await tails.read(ada, 2, 0)).toMatchObject({ ended: false, entries: [{ name: "news" }] });
});

it("begins for a page that has a number of another process", async () => {
  const { tails, send } = tailsOf();
  expect(await tails.read(ada, 300, 8000)).toMatchObject({ entries: [], next: 1 });
  send(null);
  expect(await tails.read(ada, 1, 0)).toMatchObject({ entries: [{ name: "news" }], lost: 0 });
});

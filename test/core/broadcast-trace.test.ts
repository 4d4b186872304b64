import { expect, it } from "vitest";
import { TracedOperations } from "../../src/base/tracing/traced-operations.ts";
import type { BroadcastTrace } from "../../src/base/tracing/tracing-channels.ts";
import { broadcastTrace, eventNameOf, traceBroadcast } from "../../src/core/broadcast-trace.ts";
import { linked } from "./linked-site.ts";
import { everyone, only, room, Site } from "./site.ts";

/** Notes the emits of a site that end. */
function watched(site: Site): BroadcastTrace[] {
  const ends: BroadcastTrace[] = [];
  site.trace.operations.broadcasts.observe({ end: (context) => ends.push({ ...context }) });
  return ends;
}

it("an emit is told with its target, and the number of clients that get it", () => {
  const site = new Site();
  const ends = watched(site);
  const [first, second] = [site.peer().join(), site.peer().join()];
  site.hub.local.apply({ type: "join", target: everyone, rooms: ["tea"] });
  const { broadcaster } = site.hub;
  broadcaster.emit(everyone, "news", 1, {});
  broadcaster.emit({ ...room("tea"), skip: [first.sid] }, "said", 1, {});
  broadcaster.emit(room("nowhere"), "lost", 1, {});
  broadcaster.emit(everyone, "ask", 1, { callback: () => {} });
  broadcaster.reply(second, "answer", 1, {});
  const about = { namespace: "/", sid: null, skip: null, acknowledged: false, remote: false };
  expect(ends).toEqual([
    { ...about, event: "news", rooms: null, clients: 2, result: undefined },
    { ...about, event: "said", rooms: ["tea"], skip: [first.sid], clients: 1, result: undefined },
    { ...about, event: "lost", rooms: ["nowhere"], clients: 0, result: undefined },
    { ...about, event: "ask", rooms: null, acknowledged: true, clients: 2, result: undefined },
  ]);
});

it("a call is told like an emit, and waits for its answer as without a trace", async () => {
  const site = new Site();
  const ends = watched(site);
  const peer = site.peer();
  const socket = peer.join();
  const answer = site.hub.ackRequests.call(only(socket), "ask", 1, 1000);
  expect(peer.heard()).toEqual([expect.stringMatching(/^42\d+\["ask",1\]$/)]);
  peer.say("431[7]");
  expect(await answer).toEqual([7]);
  expect(ends).toMatchObject([{ event: "ask", sid: socket.sid, acknowledged: true, clients: 1 }]);
});

it("an emit that fails throws as without a trace, which tells the error", () => {
  const site = new Site();
  const ends = watched(site);
  site.peer().join();
  expect(() => site.hub.broadcaster.emit(everyone, "bill", 1n, {})).toThrow(
    expect.objectContaining({ code: "ERR_PAYLOAD" }),
  );
  expect(ends).toMatchObject([
    { event: "bill", clients: null, error: expect.objectContaining({ code: "ERR_PAYLOAD" }) },
  ]);
});

it("an event of another process is told, too, and delivered where it cannot be read", () => {
  const { site, peer } = linked();
  const ends = watched(site);
  site.hub.local.deliver(everyone, { prefix: "2", body: '["news",1]', attachments: [] }, {});
  site.hub.local.deliver(everyone, { prefix: "2", body: "[not JSON]", attachments: [] }, {});
  const listener = { onAnswer() {}, onFailure() {}, onEnd() {} };
  site.hub.local.inquireFor(everyone, { prefix: "2", body: '["ask"]', attachments: [] }, 1000, listener)();
  expect(ends).toMatchObject([
    { event: "news", remote: true, acknowledged: false, clients: 1 },
    { event: "", remote: true, clients: 1 },
    { event: "ask", remote: true, acknowledged: true, clients: 1 },
  ]);
  expect(peer.heard()).toEqual(['42["news",1]', "42[not JSON]", expect.stringMatching(/^42\d+\["ask"\]$/)]);
});

it("the name of an encoded event is read, or empty", () => {
  const names = ['["say",1]', "{", '["connect"]'].map((body) =>
    eventNameOf({ prefix: "2", body, attachments: [] }),
  );
  expect(names).toEqual(["say", "", ""]);
});

it("a trace is over when the event is on its way", () => {
  const broadcasts = new TracedOperations<BroadcastTrace>("test.broadcast");
  const order: string[] = [];
  broadcasts.observe({ end: ({ clients }) => order.push(`end: ${clients}`) });
  const context = broadcastTrace(everyone, "news", { acknowledged: false, remote: false });
  traceBroadcast(broadcasts, context, () => order.push("sent"));
  expect(order).toEqual(["sent", "end: 1"]);
});

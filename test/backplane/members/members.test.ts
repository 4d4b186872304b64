import { expect, it } from "vitest";
import { type CompleteHeartbeat, Members } from "../../../src/backplane/members/members.ts";
import type { HeartbeatMessage, RelayAddress, RollEntry } from "../../../src/backplane/wire/envelope.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const times = { heartbeatInterval: 1000, deadAfter: 10_000, introduction: 300 };

/** One process's members, and what they did. */
function setup() {
  const clock = new FakeClock();
  const sent: [string, string | null][] = [];
  const rolls: (readonly RollEntry[])[] = [];
  const told: string[] = [];
  const members = new Members("self", times, clock, {
    sendHeartbeat: ({ occasion, roll }, to) => {
      sent.push([occasion, to]);
      if (roll !== undefined) rolls.push(roll);
    },
    onMemberJoined: (node) => told.push(`${node} joined`),
    onIgnored: (problem) => told.push(problem),
    onMemberLeft: (node, _label, isSilent) => told.push(`${node} ${isSilent ? "is silent" : "said goodbye"}`),
  });
  return { clock, sent, rolls, told, members };
}

function sign(
  origin: string,
  occasion: HeartbeatMessage["occasion"] = "beat",
  isServer = true,
  relay: RelayAddress | null = null,
): CompleteHeartbeat {
  return { type: "heartbeat", origin, occasion, isServer, label: `${origin}:1`, relay };
}

function addressOn(port: number, key = "key"): RelayAddress {
  return { host: "10.0.0.1", port, key: Buffer.from(key) };
}

/** The call of a process, with those that have answered it. */
function callOf(origin: string, ...nodes: string[]): CompleteHeartbeat {
  return { ...sign(origin, "call"), roll: nodes.map((node) => entry(node)) };
}

function entry(node: string, isServer = true, hasRelay = false): RollEntry {
  return { node, isServer, hasRelay };
}

it("greet all others, and call them every second where no other process does, until they say goodbye", () => {
  const { clock, sent, members } = setup();
  members.greet();
  clock.advance(3900);
  members.close();
  clock.advance(7000);
  expect(sent).toEqual([
    ["hello", null],
    ["call", null],
    ["call", null],
    ["call", null],
    ["goodbye", null],
  ]);
});

it("answer a call, and say in their own which processes have answered the last one", () => {
  const { clock, sent, rolls, members } = setup();
  members.greet();
  members.onHeartbeat(callOf("a"));
  members.onHeartbeat(sign("b", "beat", false, addressOn(1)));
  expect(sent).toEqual([
    ["hello", null],
    ["beat", "a"],
  ]);
  clock.advance(1750);
  members.onHeartbeat(sign("b", "beat", false, addressOn(1)));
  clock.advance(1000);
  expect(rolls).toEqual([[entry("a"), entry("b", false, true)], [entry("b", false, true)]]);
});

it("take the word of a caller that a process lives, and ask one that they do not know, or not so", () => {
  const { clock, sent, told, members } = setup();
  members.greet();
  members.onHeartbeat(sign("b"));
  members.onHeartbeat(sign("d", "beat", false));
  for (let second = 0; second < 20; second += 1) {
    members.onHeartbeat(callOf("a", "self", "b"));
    clock.advance(1000);
  }
  expect(told).toEqual(["b joined", "d joined", "a joined", "d is silent"]);
  sent.length = 0;
  const others = [entry("c"), entry("b", false), entry("self"), entry("a", true, true)];
  members.onHeartbeat({ ...callOf("a"), roll: others });
  expect(sent).toEqual([
    ["beat", "a"],
    ["hello", "c"],
    ["hello", "b"],
    ["hello", "a"],
  ]);
  sent.length = 0;
  clock.advance(1000);
  members.onHeartbeat(callOf("a", ...Array.from({ length: 1000 }, (_, number) => `stranger-${number}`)));
  expect(sent.length).toBeLessThan(60);
});

it("give no process up on the word of a caller that does not hear them", () => {
  const { clock, told, members } = setup();
  members.greet();
  members.onHeartbeat(sign("b"));
  for (let second = 0; second < 30; second += 1) {
    members.onHeartbeat(callOf("a"));
    if (second % 3 === 0) members.onHeartbeat(callOf("c", "self", "a", "b"));
    clock.advance(1000);
  }
  expect(told).toEqual(["b joined", "a joined", "c joined"]);
});

it("give no process up for the time in which they stood still themselves", () => {
  const { clock, told, members } = setup();
  members.greet();
  members.onHeartbeat(sign("b"));
  members.onHeartbeat(callOf("a", "self", "b"));
  clock.stall(20_000);
  // What came during that is read now, before the tick ends.
  for (let number = 0; number < 20; number += 1)
    members.onHeartbeat(callOf("a", ...(number < 2 ? [] : ["b"])));
  clock.advance(3000);
  members.onHeartbeat(callOf("a", "self", "b"));
  clock.advance(1000);
  expect(told).toEqual(["b joined", "a joined"]);
});

it("answer a greeting at once, and know the processes that are there", () => {
  const { sent, told, members } = setup();
  members.onHeartbeat(sign("a", "hello"));
  members.onHeartbeat(sign("b"));
  members.onHeartbeat(sign("c", "hello", false));
  members.onHeartbeat(sign("self", "hello"));
  expect(sent).toEqual([
    ["beat", "a"],
    ["beat", "c"],
  ]);
  expect(told).toEqual(["a joined", "b joined", "c joined"]);
  expect(members.servers()).toEqual(["a", "b"]);
  expect([members.label("a"), members.label("z")]).toEqual(["a:1", "z"]);
  members.onHeartbeat(sign("c"));
  expect(members.servers()).toEqual(["a", "b", "c"]);
});

it("give up one that says goodbye at once, and one that is silent after a while", () => {
  const { clock, told, members } = setup();
  members.greet();
  members.onHeartbeat(sign("a"));
  members.onHeartbeat(sign("b"));
  members.onHeartbeat(sign("a", "goodbye"));
  members.onHeartbeat(sign("nobody", "goodbye"));
  clock.advance(8000);
  members.onHeartbeat(sign("b"));
  clock.advance(9900);
  expect(told).toEqual(["a joined", "b joined", "a said goodbye"]);
  clock.advance(1100);
  expect(told.at(-1)).toBe("b is silent");
  expect(members.servers()).toEqual([]);
});

it("still have their names once they have left, for answers that miss them", () => {
  const { members } = setup();
  members.greet();
  members.onHeartbeat(sign("a"));
  members.onHeartbeat(sign("b"));
  members.onHeartbeat(sign("a", "goodbye"));
  members.close();
  expect(["a", "b", "c"].map((node) => members.label(node))).toEqual(["a:1", "b:1", "c"]);
});

it("do not blame others for the time in which nothing could be heard", () => {
  const { clock, told, members } = setup();
  members.greet();
  members.onHeartbeat(sign("a"));
  clock.advance(9000);
  members.greet();
  clock.advance(8000);
  expect(told).toEqual(["a joined"]);
});

it("make callers wait after the first greeting, and then no more", async () => {
  const { clock, members } = setup();
  expect(members.introduced).toBeNull();
  members.greet();
  const introduced = members.introduced;
  clock.advance(400);
  await introduced;
  expect(members.introduced).toBeNull();
});

it("take the address of a process once, whatever later signs of life say", () => {
  const { told, members } = setup();
  members.onHeartbeat(sign("a"));
  expect(members.relay("a")).toBeUndefined();
  const first = addressOn(1);
  members.onHeartbeat(sign("a", "beat", true, first));
  members.onHeartbeat(sign("a", "beat", true, addressOn(1)));
  members.onHeartbeat(sign("a", "beat", true, null));
  expect(told).toEqual(["a joined"]);
  for (const other of [addressOn(2), addressOn(1, "other"), { ...addressOn(1), host: "10.0.0.2" }]) {
    members.onHeartbeat(sign("a", "beat", true, other));
    expect(members.relay("a")).toBe(first);
  }
  expect(told.slice(1)).toEqual(Array.from({ length: 3 }, () => "other relay"));
});

it("keep the address of a process that a stranger has said goodbye for", () => {
  const { told, members } = setup();
  const first = addressOn(1);
  members.onHeartbeat(sign("a", "beat", true, first));
  members.onHeartbeat(sign("a", "goodbye"));
  expect(members.relay("a")).toBeUndefined();
  members.onHeartbeat(sign("a", "beat", true, addressOn(2)));
  expect(members.relay("a")).toBe(first);
  expect(told).toEqual(["a joined", "a said goodbye", "other relay", "a joined"]);
});

it("keep the address of a process that was silent and comes back", () => {
  const { clock, members } = setup();
  members.greet();
  members.onHeartbeat(sign("a", "beat", true, addressOn(1)));
  clock.advance(14_000);
  expect(members.has("a")).toBe(false);
  members.onHeartbeat(sign("a", "beat", true, addressOn(2)));
  expect(members.relay("a")?.port).toBe(1);
});

it("are no more than there can be, however many ids a stranger makes up", () => {
  const { told, members } = setup();
  for (let number = 0; number < 10_010; number += 1) members.onHeartbeat(sign(`stranger-${number}`));
  expect(members.servers().length).toBe(10_000);
  expect(told.slice(10_000)).toEqual(Array.from({ length: 10 }, () => "crowd"));
  const long = setup();
  long.members.onHeartbeat({ ...sign("a"), label: "x".repeat(301) });
  expect(long.told).toEqual(["crowd"]);
});

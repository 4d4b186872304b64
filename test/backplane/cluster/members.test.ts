import { expect, it } from "vitest";
import { type CompleteHeartbeat, Members } from "../../../src/backplane/cluster/members.ts";
import type { HeartbeatMessage, RelayAddress } from "../../../src/backplane/wire/envelope.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const times = { heartbeatInterval: 3000, deadAfter: 10_000, introduction: 300 };

/** One process's members, and what they did. */
function setup() {
  const clock = new FakeClock();
  const sent: [string, string | null][] = [];
  const told: string[] = [];
  const members = new Members("self", times, clock, {
    sendHeartbeat: (occasion, to) => sent.push([occasion, to]),
    onMemberJoined: (node) => told.push(`${node} joined`),
    onIgnored: (problem) => told.push(problem),
    onMemberLeft: (node, _label, isSilent) => told.push(`${node} ${isSilent ? "is silent" : "said goodbye"}`),
  });
  return { clock, sent, told, members };
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

it("greet all others, and give a sign of life every few seconds until they say goodbye", () => {
  const { clock, sent, members } = setup();
  members.greet();
  clock.advance(7000);
  members.close();
  clock.advance(7000);
  expect(sent).toEqual([
    ["hello", null],
    ["beat", null],
    ["beat", null],
    ["goodbye", null],
  ]);
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
  clock.advance(9000);
  expect(told).toEqual(["a joined", "b joined", "a said goodbye"]);
  clock.advance(4000);
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

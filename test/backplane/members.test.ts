import { expect, it } from "vitest";
import type { HeartbeatMessage } from "../../src/backplane/envelope.ts";
import { Members } from "../../src/backplane/members.ts";
import { FakeClock } from "../support/fake-clock.ts";

const times = { heartbeatInterval: 3000, deadAfter: 10_000, introduction: 300 };

/** One process's members, and what they did. */
function setup() {
  const clock = new FakeClock();
  const sent: [string, string | null][] = [];
  const told: string[] = [];
  const members = new Members("self", times, clock, {
    sendHeartbeat: (occasion, to) => sent.push([occasion, to]),
    onMemberJoined: (node) => told.push(`${node} joined`),
    onMemberLeft: (node, _label, isSilent) => told.push(`${node} ${isSilent ? "is silent" : "said goodbye"}`),
  });
  return { clock, sent, told, members };
}

function sign(
  origin: string,
  occasion: HeartbeatMessage["occasion"] = "beat",
  isServer = true,
): HeartbeatMessage {
  return { type: "heartbeat", origin, occasion, isServer, label: `${origin}:1`, relay: null };
}

it("greet everybody, and give a sign of life every few seconds until they say goodbye", () => {
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

it("answer a greeting at once, and know who is there", () => {
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

it("do not blame others for the time in which nothing could be heard", () => {
  const { clock, told, members } = setup();
  members.greet();
  members.onHeartbeat(sign("a"));
  clock.advance(9000);
  members.greet();
  clock.advance(8000);
  expect(told).toEqual(["a joined"]);
});

it("have to be waited for after the first greeting, and then no more", async () => {
  const { clock, members } = setup();
  expect(members.introduced).toBeNull();
  members.greet();
  const introduced = members.introduced;
  clock.advance(400);
  await introduced;
  expect(members.introduced).toBeNull();
});

import { describe, expect, it } from "vitest";
import { BroadcastAck } from "../../../src/core/ack/broadcast-ack.ts";
import { jsonCodec } from "../../../src/core/packet/codec.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { acceptedSocket } from "../lone-socket.ts";

/** Sends an event to clients of these names, and records what the listener hears. */
function ask(...names: string[]) {
  const clock = new FakeClock();
  const peers = names.map((name) => acceptedSocket(name));
  const heard: unknown[][] = [];
  const inquiry = new BroadcastAck(
    peers.map(({ socket }) => socket),
    jsonCodec.event("/", "ask", ["why"]),
    {
      onAnswer: (sid, values) => void heard.push([sid, ...values]),
      onFailure: (sid, failure) => void heard.push([sid, failure]),
      onEnd: () => void heard.push(["end"]),
    },
    { clock, timeout: 1000 },
  );
  const leftovers = () =>
    clock.timerCount + peers.reduce((sum, { socket }) => sum + socket.pendingAcknowledgements, 0);
  return { clock, peers, heard, inquiry, leftovers };
}

describe("BroadcastAck", () => {
  it("keeps the process alive until its time has run out, or all have answered", () => {
    const late = ask("ada");
    expect(late.clock.holdingTimerCount).toBe(1);
    late.clock.advance(1000);
    expect([late.heard, late.clock.holdingTimerCount]).toEqual([[["ada", "timeout"], ["end"]], 0]);
    const answered = ask("ada");
    answered.peers[0]?.socket.answer(1, []);
    expect(answered.clock.holdingTimerCount).toBe(0);
  });

  it("asks each client, and ends when the last has answered", () => {
    const { peers, heard, leftovers } = ask("ada", "bob");
    expect(peers.map(({ client }) => client.sent)).toEqual([['421["ask","why"]'], ['421["ask","why"]']]);
    peers[1]?.socket.answer(1, ["b", 2]);
    expect(heard).toEqual([["bob", "b", 2]]);
    peers[0]?.socket.answer(1, []);
    expect(heard).toEqual([["bob", "b", 2], ["ada"], ["end"]]);
    expect(leftovers()).toBe(0);
  });

  it("ends at once without clients", () => {
    const { heard, leftovers } = ask();
    expect(heard).toEqual([["end"]]);
    expect(leftovers()).toBe(0);
  });

  it("tells of a client that leaves, and of one that is gone already", () => {
    const { peers, heard, leftovers } = ask("ada", "bob");
    peers[0]?.socket.close("transport close");
    expect(heard).toEqual([["ada", "disconnected"]]);
    peers[1]?.socket.answer(1, [1]);
    expect(heard.slice(1)).toEqual([["bob", 1], ["end"]]);
    expect(leftovers()).toBe(0);
  });

  it("reports clients that did not answer in time, and takes no later answer", () => {
    const { clock, peers, heard, leftovers } = ask("ada", "bob", "cem");
    peers[1]?.socket.answer(1, ["b"]);
    clock.advance(999);
    expect(heard).toHaveLength(1);
    clock.advance(1);
    expect(heard).toEqual([["bob", "b"], ["ada", "timeout"], ["cem", "timeout"], ["end"]]);
    expect(leftovers()).toBe(0);
    peers[0]?.socket.answer(1, ["late"]);
    peers[2]?.socket.close("transport close");
    expect(heard).toHaveLength(4);
  });

  it("waits for a client that fails at once as little as for one that was never there", () => {
    const clock = new FakeClock();
    const { socket } = acceptedSocket("ada");
    socket.close("transport close");
    const heard: string[] = [];
    const listener = {
      onAnswer() {},
      onFailure: (sid: string, failure: string) => void heard.push(`${sid} ${failure}`),
      onEnd: () => void heard.push("end"),
    };
    new BroadcastAck([socket], jsonCodec.event("/", "ask", []), listener, { clock, timeout: 1000 });
    expect(heard).toEqual(["ada disconnected", "end"]);
    expect(clock.timerCount).toBe(0);
  });

  it("holds nothing once it is stopped, and tells nothing more", () => {
    const { clock, peers, heard, inquiry, leftovers } = ask("ada", "bob");
    inquiry.stop();
    inquiry.stop();
    expect(leftovers()).toBe(0);
    peers[0]?.socket.answer(1, ["a"]);
    peers[1]?.socket.close("transport close");
    clock.advance(2000);
    expect(heard).toEqual([]);
  });
});

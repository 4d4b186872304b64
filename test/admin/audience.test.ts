import { describe, expect, it } from "vitest";
import { Audience } from "../../src/admin/audience.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { PeerNetwork } from "../support/peer-network.ts";

function audienceOf(network: PeerNetwork, node: string, clientCount: number, clock = new FakeClock()) {
  const told: unknown[] = [];
  const audience = new Audience({
    peers: network.join(node),
    clock,
    clientCount: () => clientCount,
    onChange: () => {},
    onNewcomer: () => told.push("newcomer"),
    onCounted: (clients) => told.push(clients),
  });
  const state = () => [audience.isThere, audience.isElsewhere, audience.isDetailed];
  return { audience, clock, told, state };
}

describe("Audience", () => {
  it("tells other processes of administrators, and counts the clients of all", async () => {
    const network = new PeerNetwork();
    const one = audienceOf(network, "one", 3);
    const two = audienceOf(network, "two", 4);
    await one.audience.welcome();
    expect([one.told, two.told]).toEqual([[7], ["newcomer"]]);
    expect([one.state(), two.state()]).toEqual([
      [true, false, false],
      [true, true, false],
    ]);
    await one.audience.want(true);
    expect(two.state()).toEqual([true, true, true]);
    one.audience.leave();
    expect([one.state(), two.state()]).toEqual([
      [false, false, false],
      [false, false, false],
    ]);
  });

  it("says again and again that administrators are there", async () => {
    const network = new PeerNetwork();
    const clock = new FakeClock();
    const one = audienceOf(network, "one", 0, clock);
    const two = audienceOf(network, "two", 0, clock);
    await one.audience.welcome();
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000);
      two.audience.prune();
    }
    expect(two.audience.isThere).toBe(true);
    one.audience.leave();
    expect(clock.timerCount).toBe(0);
  });

  it("forgets a process that says nothing more", async () => {
    const network = new PeerNetwork();
    const one = audienceOf(network, "one", 0);
    const two = audienceOf(network, "two", 0);
    await one.audience.welcome();
    network.kill("one");
    two.clock.advance(15_000);
    two.audience.prune();
    expect(two.audience.isThere).toBe(true);
    two.clock.advance(1000);
    two.audience.prune();
    expect(two.audience.isThere).toBe(false);
  });
});

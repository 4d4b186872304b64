import { describe, expect, it } from "vitest";
import { AdminSessions } from "../../src/admin/admin-sessions.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { PeerNetwork } from "../support/peer-network.ts";

const lifetime = 60_000;

function sessionsOf(network = new PeerNetwork(), node = "one") {
  const clock = new FakeClock();
  return { clock, network, sessions: new AdminSessions({ clock, peers: network.join(node) }, lifetime) };
}

describe("AdminSessions", () => {
  it("knows a session until it ends", () => {
    const { sessions, clock } = sessionsOf();
    const id = sessions.create("ada");
    expect(sessions.find(id)).toBe("ada");
    expect(sessions.find(sessions.create("eve"))).toBe("eve");
    expect(sessions.find("0123456789abcdefghij")).toBeUndefined();
    clock.advance(lifetime);
    expect(sessions.find(id)).toBeUndefined();
  });

  it("knows the sessions of other processes, also one that began before this one", async () => {
    const { sessions, network } = sessionsOf();
    const early = sessions.create("ada");
    const other = sessionsOf(network, "two").sessions;
    const late = sessions.create("eve");
    expect([other.find(early), other.find(late)]).toEqual([undefined, "eve"]);
    expect(await other.findAnywhere(early)).toBe("ada");
    network.kill("one");
    expect(other.find(early)).toBe("ada");
    expect(await other.findAnywhere("unknown")).toBeUndefined();
  });

  it("tells other processes nothing that logs anybody in", async () => {
    const { sessions, network } = sessionsOf();
    const id = sessions.create("ada");
    await sessionsOf(network, "two").sessions.findAnywhere(id);
    expect(network.messages.length).toBeGreaterThan(1);
    expect(network.messages.join()).not.toContain(id);
    expect(await sessions.findAnywhere(JSON.parse(network.messages[0] ?? "")[1])).toBeUndefined();
  });

  it("keeps a thousand, and gives up the oldest", () => {
    const { sessions } = sessionsOf();
    const ids = Array.from({ length: 1001 }, () => sessions.create("ada"));
    expect([sessions.find(ids[0] ?? ""), sessions.find(ids[1] ?? "")]).toEqual([undefined, "ada"]);
  });
});

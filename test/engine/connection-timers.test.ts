import { beforeEach, describe, expect, it } from "vitest";
import { EngineSite, poll, refusalOf } from "./engine-site.ts";

let site: EngineSite;

beforeEach(() => {
  site = new EngineSite();
});

describe("Engine, waiting for signs of life", () => {
  it.each([
    [300, 200],
    [25_000, 20_000],
    [7, 3],
  ])(
    "ends a session when pingInterval (%i ms) and pingTimeout (%i ms) are over, over both transports",
    (pingInterval, pingTimeout) => {
      const engine = site.makeEngine({ pingInterval, pingTimeout });
      const { sid, client } = site.connectPolling(engine);
      const { client: other } = site.connectWebSocket(engine);
      site.clock.advance(Math.floor((pingInterval + pingTimeout) * 0.99));
      expect([client.ended, other.ended]).toEqual([[], []]);
      site.clock.advance(Math.ceil((pingInterval + pingTimeout) * 0.01));
      expect([client.ended, other.ended]).toEqual([["ping timeout"], ["ping timeout"]]);
      expect(refusalOf(poll(engine, sid))).toEqual([400, 1, "Session ID unknown"]);
      site.expectEmpty(engine);
    },
  );

  it("probes clients together that connected shortly one after the other, at most a hundredth too early", () => {
    const engine = site.makeEngine({ pingInterval: 1000, pingTimeout: 500 });
    const links = [0, 5, 5].map((wait) => {
      site.clock.advance(wait);
      return site.connectWebSocket(engine).link;
    });
    const pinged = () => links.map(({ messages }) => messages.at(-1) === "2");
    site.clock.advance(996 - 10);
    expect(pinged()).toEqual([false, false, false]);
    site.clock.advance(1);
    expect(pinged()).toEqual([true, true, false]);
    site.clock.advance(10);
    expect(pinged()).toEqual([true, true, true]);
  });

  it("ends a client that does not answer its heartbeat, and no other", () => {
    const engine = site.makeEngine({ pingInterval: 1000, pingTimeout: 500 });
    const [silent, alive] = [site.connectWebSocket(engine), site.connectWebSocket(engine)];
    site.clock.advance(997);
    expect([silent, alive].map(({ link }) => link.messages.at(-1))).toEqual(["2", "2"]);
    expect(silent.link.writes.at(-1)).toBe(alive.link.writes.at(-1));
    alive.link.receive("3");
    site.clock.advance(499);
    expect([silent.client.ended, alive.client.ended]).toEqual([[], []]);
    site.clock.advance(1);
    expect([silent.client.ended, alive.client.ended]).toEqual([["ping timeout"], []]);
    expect(engine.connections.size).toBe(1);
  });
});

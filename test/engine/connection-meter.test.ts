import { describe, expect, it } from "vitest";
import type { ConnectionMeter } from "../../src/engine/connection-meter.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { FakeUpgradeExchange, fakeRequest } from "../support/fake-exchange.ts";
import { FakeLink } from "../support/fake-link.ts";
import { EngineSite, poll, post, webSocket } from "./engine-site.ts";

/** Notes what connections tell. */
class Meter implements ConnectionMeter {
  readonly received: [string, number][] = [];
  readonly sent: [string, number][] = [];
  readonly pongs: number[] = [];

  onReceived(transport: string, bytes: number): void {
    this.received.push([transport, bytes]);
  }

  onSent(transport: string, bytes: number): void {
    this.sent.push([transport, bytes]);
  }

  onPong(milliseconds: number): void {
    this.pongs.push(milliseconds);
  }
}

function setUp(): { site: EngineSite; engine: Engine; meter: Meter } {
  const site = new EngineSite();
  const engine = site.makeEngine({ pingInterval: 1000, pingTimeout: 500 });
  const meter = new Meter();
  engine.connections.meter = meter;
  return { site, engine, meter };
}

describe("the meter of connections", () => {
  it("hears how long an answer to a ping took, but not of other signs of life", () => {
    const { site, engine, meter } = setUp();
    const { link } = site.connectWebSocket(engine);
    site.clock.advance(1000);
    site.clock.advance(30);
    link.listener?.onText("3");
    // Pings of many clients go together, a little early.
    expect(meter.pongs[0]).toBeGreaterThanOrEqual(30);
    expect(meter.pongs[0]).toBeLessThanOrEqual(40);
    site.clock.advance(1000);
    link.listener?.onText("4hello");
    link.listener?.onText("3");
    expect(meter.pongs).toHaveLength(1);
  });

  it("hears of bytes over both transports", async () => {
    const { site, engine, meter } = setUp();
    const { sid } = site.connectPolling(engine);
    site.clock.endTick();
    meter.sent.length = 0;
    await post(engine, sid, Buffer.from("4grün"));
    expect(meter.received).toEqual([["polling", 6]]);
    poll(engine, sid);
    const [client] = site.owner.clients;
    client?.connection.close("forced close");
    site.clock.endTick();
    expect(meter.sent).toEqual([["polling", 1]]);
    const { link } = site.connectWebSocket(engine);
    link.listener?.onText("4grün");
    expect(meter.received.at(-1)).toEqual(["websocket", 6 + 2 + 4]);
    expect(meter.sent.at(-1)?.[0]).toBe("websocket");
  });
});

describe("the counts by transport", () => {
  it("follow a connection from its handshake over the upgrade to its end", () => {
    const { site, engine } = setUp();
    const { transports } = engine.connections;
    const { sid } = site.connectPolling(engine);
    expect(transports.open).toEqual({ polling: 1, websocket: 0 });
    const link = new FakeLink();
    engine.handleUpgrade(new FakeUpgradeExchange(fakeRequest(`${webSocket}&sid=${sid}`), link));
    link.listener?.onText("2probe");
    link.listener?.onText("5");
    expect(transports.open).toEqual({ polling: 0, websocket: 1 });
    expect(transports).toMatchObject({ opened: { polling: 1, websocket: 0 }, upgraded: 1 });
    link.listener?.onClose("closed");
    expect(transports.open).toEqual({ polling: 0, websocket: 0 });
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import { EngineSite, poll, polling, post, refusalOf, request, upgrade, webSocket } from "./engine-site.ts";

let site: EngineSite;

beforeEach(() => {
  site = new EngineSite();
});

describe("Engine, leading requests to their connection", () => {
  it("takes polls and posts", async () => {
    const engine = site.makeEngine();
    const [one, other] = [site.connectPolling(engine), site.connectPolling(engine)];
    const waiting = poll(engine, one.sid);
    expect((await post(engine, one.sid, "4hello")).text).toBe("ok");
    one.client.connection.send(new OutgoingPacket("4world"));
    site.clock.endTick();
    expect([waiting.packets, one.client.heard, other.client.heard]).toEqual([["4world"], ["hello"], []]);
  });

  it("moves a connection to a WebSocket, once", async () => {
    const engine = site.makeEngine();
    const { sid, client } = site.connectPolling(engine);
    const { link } = upgrade(engine, `${webSocket}&sid=${sid}`);
    const second = upgrade(engine, `${webSocket}&sid=${sid}`).link;
    link.receive("2probe");
    link.receive("5");
    link.receive("4hello");
    const third = upgrade(engine, `${webSocket}&sid=${sid}`).link;
    expect([link, second, third].map(({ endings }) => endings)).toEqual([[], ["close"], ["close"]]);
    for (const late of [second, third]) {
      late.receive("2probe");
      late.receive("5");
      late.end();
      expect(late.messages).toEqual([]);
    }
    expect(client.heard).toEqual(["hello"]);
    expect([client.connection.transportName, site.owner.clients.length]).toEqual(["websocket", 1]);
    expect(refusalOf(poll(engine, sid))).toEqual([400, 3, "Bad request"]);
    link.end();
    site.expectEmpty(engine);
  });

  it("cuts a WebSocket that its session has no place for, when it does not answer the closing", () => {
    const engine = site.makeEngine();
    const { client } = site.connectWebSocket(engine);
    const { link } = upgrade(engine, `${webSocket}&sid=${client.connection.id}`);
    expect(link.endings).toEqual(["close"]);
    site.clock.advance(10_000);
    expect(link.endings).toEqual(["close", "terminate"]);
  });

  it("lets one of two WebSockets win that open at the same time", () => {
    const engine = site.makeEngine();
    const { sid, client } = site.connectPolling(engine);
    const exchanges = [1, 2].map(() => upgrade(engine, `${webSocket}&sid=${sid}`, {}, true));
    for (const exchange of exchanges) exchange.complete();
    for (const { link } of exchanges) {
      link.receive("2probe");
      link.receive("5");
      link.receive("4hello");
    }
    expect(exchanges.map(({ link }) => link.endings)).toEqual([[], ["close"]]);
    expect(client.heard).toEqual(["hello"]);
    exchanges[1]?.link.end();
    client.connection.terminate("forced close");
    site.expectEmpty(engine);
  });

  it("closes a WebSocket whose connection ended while it was being opened", () => {
    const engine = site.makeEngine();
    const { sid, client } = site.connectPolling(engine);
    const exchange = upgrade(engine, `${webSocket}&sid=${sid}`, {}, true);
    client.connection.terminate("forced close");
    exchange.complete();
    expect(exchange.link.endings).toEqual(["close"]);
    exchange.link.end();
    site.expectEmpty(engine);
  });

  it("gives up an upgrade that takes too long, and goes on with polling", () => {
    const engine = site.makeEngine({ upgradeTimeout: 1000 });
    const { sid, client } = site.connectPolling(engine);
    const { link } = upgrade(engine, `${webSocket}&sid=${sid}`);
    site.clock.advance(999);
    expect(link.endings).toEqual([]);
    site.clock.advance(1);
    expect(link.endings).toEqual(["terminate"]);
    expect([client.connection.isOpen, engine.connections.upgrades.size]).toEqual([true, 0]);
    expect(poll(engine, sid).responses).toEqual([]);
  });

  it("knows a session no more that has ended", async () => {
    const engine = site.makeEngine();
    const { sid, client } = site.connectPolling(engine);
    await post(engine, sid, "1");
    expect(client.ended).toEqual(["transport close"]);
    expect(refusalOf(poll(engine, sid))).toEqual([400, 1, "Session ID unknown"]);
    site.expectEmpty(engine);
  });

  it.each(["POST", "PUT", "DELETE", "HEAD"])("refuses a handshake by %s", (method) => {
    const exchange = request(site.makeEngine(), polling, { method });
    expect(refusalOf(exchange)).toEqual([400, 2, "Bad handshake method"]);
  });

  it("refuses other methods within a session, which lives on", () => {
    const engine = site.makeEngine();
    const { sid, client } = site.connectPolling(engine);
    for (const method of ["PUT", "DELETE", "HEAD"]) {
      const exchange = request(engine, `${polling}&sid=${sid}`, { method });
      expect(refusalOf(exchange)).toEqual([400, 3, "Bad request"]);
    }
    expect(client.connection.isOpen).toBe(true);
  });

  it("refuses polling within a session that is on a WebSocket", () => {
    const engine = site.makeEngine();
    const { client } = site.connectWebSocket(engine);
    const { id } = client.connection;
    expect(refusalOf(poll(engine, id))).toEqual([400, 3, "Bad request"]);
    expect(refusalOf(request(engine, `${polling}&sid=${id}`, { method: "POST" }))).toEqual([
      400,
      3,
      "Bad request",
    ]);
    expect(client.connection.isOpen).toBe(true);
  });

  it("refuses upgrades where they are switched off", () => {
    const engine = site.makeEngine({ allowUpgrades: false });
    const { sid } = site.connectPolling(engine);
    expect(refusalOf(upgrade(engine, `${webSocket}&sid=${sid}`))).toEqual([400, 3, "Bad request"]);
  });
});

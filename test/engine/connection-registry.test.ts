import { beforeEach, describe, expect, it } from "vitest";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import {
  EngineSite,
  poll,
  polling,
  post,
  refusalOf,
  request,
  settled,
  upgrade,
  webSocket,
} from "./engine-site.ts";

let site: EngineSite;

beforeEach(() => {
  site = new EngineSite();
});

describe("Engine.close", () => {
  it("resolves at once where no client is connected", async () => {
    const engine = site.makeEngine();
    await engine.close(1000);
    site.expectEmpty(engine);
  });

  it("refuses new clients, on both transports, and lets those that are there take their leave", async () => {
    const engine = site.makeEngine();
    const { sid, client } = site.connectPolling(engine);
    client.connection.send(new OutgoingPacket("4bye"));
    const closing = engine.close(1000);
    expect(client.ended).toEqual(["server shutting down"]);
    const shuttingDown = [503, 3, "Server shutting down"];
    expect(refusalOf(request(engine, polling))).toEqual(shuttingDown);
    expect(refusalOf(upgrade(engine, webSocket))).toEqual(shuttingDown);
    expect(refusalOf(upgrade(engine, `${webSocket}&sid=${sid}`))).toEqual([400, 3, "Bad request"]);
    expect((await post(engine, sid, "4late")).text).toBe("ok");
    expect(poll(engine, sid).packets).toEqual(["4bye"]);
    site.clock.endTick();
    expect(poll(engine, sid).packets).toEqual(["1"]);
    await closing;
    expect(client.heard).toEqual([]);
    site.expectEmpty(engine);
  });

  it("sends the last packets at once, and closes WebSockets after them", async () => {
    const engine = site.makeEngine();
    const { link, client } = site.connectWebSocket(engine);
    link.writes.length = 0;
    client.connection.send(new OutgoingPacket("4bye"));
    const closing = engine.close(1000);
    expect([link.messages, link.endings]).toEqual([["4bye"], ["close"]]);
    link.end();
    await closing;
    expect(client.ended).toEqual(["server shutting down"]);
    site.expectEmpty(engine);
  });

  it("cuts off, when the time is over, clients that have not taken leave", async () => {
    const engine = site.makeEngine();
    const { link } = site.connectWebSocket(engine);
    site.connectPolling(engine);
    const { sid } = site.connectPolling(engine);
    const upgrading = upgrade(engine, `${webSocket}&sid=${sid}`);
    let done = false;
    const closing = engine.close(1000).then(() => {
      done = true;
    });
    site.clock.advance(999);
    await settled();
    expect([done, engine.connections.size]).toEqual([false, 3]);
    site.clock.advance(1);
    await closing;
    expect([link.endings, upgrading.link.endings]).toEqual([["close", "fail"], ["terminate"]]);
    for (const { ended } of site.owner.clients) expect(ended).toEqual(["server shutting down"]);
    site.expectEmpty(engine);
  });

  it("keeps the process alive until then, and no longer", async () => {
    const engine = site.makeEngine();
    const { link } = site.connectWebSocket(engine);
    const closing = engine.close(1000);
    expect(site.clock.holdingTimerCount).toBe(1);
    link.end();
    await closing;
    expect(site.clock.holdingTimerCount).toBe(0);
  });

  it("may be called again, with another time", async () => {
    const engine = site.makeEngine();
    const { client } = site.connectWebSocket(engine);
    const closings = [engine.close(5000), engine.close(100)];
    site.clock.advance(100);
    await Promise.all(closings);
    await engine.close(100);
    expect(client.ended).toEqual(["server shutting down"]);
    site.expectEmpty(engine);
  });

  it("closes a connection whose WebSocket was still being opened", async () => {
    const engine = site.makeEngine();
    const exchange = upgrade(engine, webSocket, {}, true);
    await engine.close(1000);
    exchange.complete();
    site.clock.endTick();
    expect(site.owner.clients[0]?.ended).toEqual(["server shutting down"]);
    expect(exchange.link.endings).toEqual(["close"]);
    exchange.link.end();
    site.expectEmpty(engine);
  });

  it("may be called by a client's listener", async () => {
    const engine = site.makeEngine();
    const { link, client } = site.connectWebSocket(engine);
    let closing: Promise<void> | undefined;
    client.onText = () => {
      closing = engine.close(1000);
    };
    link.receive("4stop");
    link.end();
    await closing;
    expect(client.ended).toEqual(["server shutting down"]);
    site.expectEmpty(engine);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../src/engine/connection.ts";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import { FakeExchange } from "../support/fake-exchange.ts";
import { ConnectionSite, Host, poll, say, settled, volatile } from "./connection-site.ts";

let site: ConnectionSite;

beforeEach(() => {
  site = new ConnectionSite();
});

describe("Connection, sending over a WebSocket", () => {
  it("writes everything of a tick at once, in order", () => {
    const { connection, link } = site.openWebSocket();
    expect(say(connection, "4a", "4b", "4c")).toEqual([true, true, true]);
    expect(link.writes).toEqual([]);
    site.host.clock.endTick();
    expect(link.writes).toHaveLength(1);
    expect(link.messages).toEqual(["4a", "4b", "4c"]);
  });

  it("drops a volatile packet while earlier bytes wait", () => {
    const { connection, link } = site.openWebSocket();
    link.bufferedBytes = 10;
    expect(connection.send(volatile("4position"))).toBe(false);
    link.bufferedBytes = 0;
    expect(connection.send(volatile("4position"))).toBe(true);
    site.host.clock.endTick();
    expect(link.messages).toEqual(["4position"]);
  });

  it("ends when the link breaks in sending, and reports why; the others of the tick get theirs", () => {
    const [first, broken, last] = [site.openWebSocket(), site.openWebSocket(), site.openWebSocket()];
    const error = new Error("of the link");
    broken.link.onWrite = () => {
      throw error;
    };
    for (const { connection } of [first, broken, last]) say(connection, "4a");
    site.host.clock.endTick();
    expect([first.link.messages, last.link.messages]).toEqual([["4a"], ["4a"]]);
    expect(site.host.reported).toEqual([error]);
    expect(site.listener.ended).toEqual(["transport error"]);
    expect(site.host.forgotten).toEqual([broken.connection]);
    expect(broken.link.endings).toEqual(["terminate"]);
  });
});

describe("Connection, sending over polling", () => {
  it("answers a poll that waits at the end of the tick", () => {
    const { connection } = site.openPolling();
    const exchange = poll(connection);
    say(connection, "4a", "4b");
    expect(exchange.responses).toEqual([]);
    site.host.clock.endTick();
    expect(exchange.packets).toEqual(["4a", "4b"]);
  });

  it("keeps packets while the poll is away, and answers the next with all of them", () => {
    const { connection } = site.openPolling();
    say(connection, "4a");
    site.host.clock.endTick();
    say(connection, "4b");
    site.host.clock.endTick();
    expect(poll(connection).packets).toEqual(["4a", "4b"]);
  });

  it("answers a poll that comes in the middle of a tick at once, and what follows in the next", () => {
    const { connection } = site.openPolling();
    say(connection, "4a");
    const first = poll(connection);
    expect(first.packets).toEqual(["4a"]);
    say(connection, "4b");
    const second = poll(connection);
    expect(second.packets).toEqual(["4b"]);
    site.host.clock.endTick();
    expect([first.responses.length, second.responses.length]).toEqual([1, 1]);
  });

  it("drops volatile packets while the poll is away", () => {
    const { connection } = site.openPolling();
    expect(connection.send(volatile("4position"))).toBe(false);
    say(connection, "4a");
    const exchange = poll(connection);
    expect(exchange.packets).toEqual(["4a"]);
    expect(connection.send(volatile("4position"))).toBe(false);
    const next = poll(connection);
    expect(connection.send(volatile("4position"))).toBe(true);
    site.host.clock.endTick();
    expect(next.packets).toEqual(["4position"]);
  });

  it("ends with a transport error when the answer cannot be built, and tells the poll that waits", () => {
    const { connection } = site.openPolling();
    const exchange = poll(connection);
    const packet = new OutgoingPacket("451-", [{ length: 3 } as Uint8Array]);
    connection.send(packet);
    site.host.clock.endTick();
    expect(site.host.reported).toHaveLength(1);
    expect(exchange.packets).toEqual(["1"]);
    site.expectGone(connection, "transport error");
  });
});

describe("Connection, with a client that does not take what it is sent", () => {
  const large = new OutgoingPacket("451-", [new Uint8Array(2000)]);

  it("ends over a WebSocket when more than the limit has waited since before this tick", () => {
    const { connection, link } = site.openWebSocket();
    link.bufferedBytes = 1000;
    say(connection, "4a");
    site.host.clock.endTick();
    expect(link.messages).toEqual(["4a"]);
    link.bufferedBytes = 1001;
    say(connection, "4b");
    site.host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([["4a"], ["terminate"]]);
    site.expectGone(connection, "slow consumer");
  });

  it("ends over polling when more than the limit has waited since before this tick", () => {
    const { connection } = site.openPolling();
    connection.send(new OutgoingPacket(`4${"x".repeat(999)}`));
    site.host.clock.endTick();
    say(connection, "4");
    site.host.clock.endTick();
    expect(connection.isOpen).toBe(true);
    say(connection, "4a");
    site.host.clock.endTick();
    site.expectGone(connection, "slow consumer");
    expect(site.host.counters.closed["slow consumer"]).toBe(1);
  });

  it("finds out by its heartbeat at the latest, and frees what waited", () => {
    const { link } = site.openWebSocket();
    link.bufferedBytes = 5000;
    site.host.clock.advance(1020);
    expect(site.listener.ended).toEqual(["slow consumer"]);
    site.openPolling();
    site.opened[1]?.send(large);
    site.host.clock.endTick();
    site.opened[1]?.send(large);
    site.host.clock.advance(1020);
    expect(site.listener.ended).toEqual(["slow consumer", "slow consumer"]);
    expect(site.host.waiting).toBe(0);
  });

  it("does not mind any amount that is taken in time", () => {
    const { connection } = site.openPolling();
    for (let round = 0; round < 5; round += 1) {
      connection.send(large);
      site.host.clock.endTick();
      expect(poll(connection).packets).toHaveLength(2);
      say(connection, "4a");
      site.host.clock.endTick();
      expect(poll(connection).packets).toEqual(["4a"]);
    }
  });

  it("lets one large message be under way, and holds what else waits to the limit", () => {
    const { connection, link } = site.openWebSocket();
    connection.send(large);
    site.host.clock.endTick();
    for (const [bufferedBytes, isOpen] of [
      [2000, true],
      [1000 + large.size, true],
      [1001 + large.size, false],
    ] as const) {
      link.bufferedBytes = bufferedBytes;
      say(connection, "4a");
      site.host.clock.endTick();
      expect(connection.isOpen).toBe(isOpen);
    }
    expect(site.listener.ended).toEqual(["slow consumer"]);
  });

  it("forgets the large message when that is taken", () => {
    const { connection, link } = site.openWebSocket();
    connection.send(large);
    site.host.clock.endTick();
    link.bufferedBytes = 1000;
    say(connection, "4a");
    site.host.clock.endTick();
    link.bufferedBytes = 1001;
    say(connection, "4b");
    site.host.clock.endTick();
    expect(site.listener.ended).toEqual(["slow consumer"]);
  });

  it("drops and counts volatile packets as soon as anything waits, and sends the others", () => {
    const { connection, link } = site.openWebSocket();
    link.bufferedBytes = 1;
    const volatile = new OutgoingPacket("4v", [], { volatile: true });
    expect([connection.send(volatile), connection.send(volatile), say(connection, "4a")]).toEqual([
      false,
      false,
      [true],
    ]);
    site.host.clock.endTick();
    expect([link.messages, site.host.counters.volatileDropped]).toEqual([["4a"], 2]);
  });

  it("counts what waits over many ticks", () => {
    const { connection } = site.openPolling();
    let sent = 0;
    while (connection.isOpen && sent < 1000) {
      say(connection, `4${"x".repeat(199)}`);
      site.host.clock.endTick();
      sent += 1;
    }
    expect(sent).toBe(7);
    site.expectGone(connection, "slow consumer");
  });

  it("counts a packet of a few bytes as what it takes in memory", () => {
    const { connection } = site.openPolling();
    let sent = 0;
    while (connection.isOpen && sent < 1000) {
      say(connection, "4");
      site.host.clock.endTick();
      sent += 1;
    }
    expect(sent).toBe(8);
    site.expectGone(connection, "slow consumer");
  });

  it("does not mind any number of packets in one tick that are taken in time", () => {
    const { connection } = site.openPolling();
    say(connection, ...Array.from({ length: 1000 }, () => "4"));
    site.host.clock.endTick();
    say(connection, "4");
    site.host.clock.endTick();
    expect(poll(connection).packets).toHaveLength(1001);
    expect(connection.isOpen).toBe(true);
  });

  /** Polls as a client does that reads no answer. */
  function pollUnread(connection: Connection): FakeExchange {
    const exchange = new FakeExchange();
    exchange.takesAtOnce = false;
    connection.poll(exchange);
    return exchange;
  }

  it("ends over polling when a client polls on and reads none of its answers", () => {
    const { connection } = site.openPolling();
    const exchanges: FakeExchange[] = [];
    while (connection.isOpen && exchanges.length < 100) {
      say(connection, `4${"x".repeat(500)}`);
      exchanges.push(pollUnread(connection));
      site.host.clock.endTick();
    }
    expect(exchanges).toHaveLength(2);
    expect(site.listener.ended).toEqual(["slow consumer"]);
    expect(exchanges.map(({ isCut }) => isCut)).toEqual([true, false]);
    // The last one waited, and was told of the end. If the client does not take that either, it is cut off,
    // too.
    site.host.clock.advance(410);
    expect(exchanges.map(({ isCut }) => isCut)).toEqual([true, true]);
    site.expectGone(connection, "slow consumer");
  });

  it("lets a client that has polled slowly take a long answer while more gathers", () => {
    const { connection } = site.openPolling();
    connection.send(large);
    const exchange = pollUnread(connection);
    for (const text of ["a", "b", "c"]) {
      say(connection, `4${text}`);
      site.host.clock.advance(100);
    }
    exchange.take();
    expect(poll(connection).packets).toEqual(["4a", "4b", "4c"]);
    expect(connection.isOpen).toBe(true);
  });

  it("cuts off a client that has not taken the last answers some time after the connection has ended", () => {
    const { connection } = site.openPolling();
    connection.send(large);
    const exchange = pollUnread(connection);
    connection.terminate("forced close");
    expect([exchange.isCut, site.host.closeTimeouts.size]).toEqual([false, 1]);
    site.host.clock.advance(410);
    expect([exchange.isCut, site.host.waiting]).toEqual([true, 0]);
  });

  it("keeps nothing of an ended connection once its last answers have been taken", () => {
    const { connection } = site.openPolling();
    connection.send(large);
    const exchange = pollUnread(connection);
    connection.terminate("forced close");
    exchange.take();
    expect([exchange.isCut, site.host.waiting]).toEqual([false, 0]);
  });

  describe("and more of it than 16 KiB", () => {
    beforeEach(() => {
      site.host = new Host(1_000_000);
    });

    it("makes one write of what it is sent over many ticks, in order, once it has taken that", () => {
      const { connection, link } = site.openWebSocket();
      link.bufferedBytes = 16 * 1024 + 1;
      for (const text of ["4a", "4b", "4c"]) {
        say(connection, text);
        site.host.clock.endTick();
      }
      expect(link.writes).toEqual([]);
      site.host.clock.advance(100);
      expect(link.writes).toEqual([]);
      link.bufferedBytes = 16 * 1024;
      site.host.clock.advance(25);
      expect([link.messages, link.writes.length]).toEqual([["4a", "4b", "4c"], 1]);
      expect(site.host.retries.size).toBe(0);
    });

    it("ends when the packets held back weigh more than the limit", () => {
      const { connection, link } = site.openWebSocket();
      link.bufferedBytes = 20_000;
      let sent = 0;
      for (; connection.isOpen && sent < 100_000; sent += 1) {
        say(connection, "4");
        site.host.clock.endTick();
      }
      // Each counts for 160 bytes, and what the latest tick adds does not count yet.
      expect(sent).toBe((1_000_000 - 20_000) / 160 + 2);
      site.expectGone(connection, "slow consumer");
      expect(site.host.waiting).toBe(0);
    });

    it("gets what was held back before it is told to go", () => {
      const { connection, link } = site.openWebSocket();
      link.bufferedBytes = 20_000;
      say(connection, "4a");
      site.host.clock.endTick();
      connection.close("forced close");
      expect(link.endings).toEqual([]);
      link.bufferedBytes = 0;
      site.host.clock.advance(25);
      expect([link.messages, link.endings.length]).toEqual([["4a"], 1]);
    });

    it("resolves drained() when that has gone too", async () => {
      const { connection, link } = site.openWebSocket();
      link.bufferedBytes = 20_000;
      say(connection, "4a");
      site.host.clock.endTick();
      expect(connection.bufferedBytes).toBe(20_002);
      const drained = connection.drained();
      link.bufferedBytes = 0;
      site.host.clock.advance(50);
      expect(await drained).toBe(true);
      expect(link.messages).toEqual(["4a"]);
    });
  });
});

describe("Connection.drained", () => {
  const settle = async (promise: Promise<boolean>) => {
    let result: boolean | "waits" = "waits";
    promise.then((value) => {
      result = value;
    });
    await settled();
    return () => result;
  };

  it("tells how much waits, before and after it has been written", () => {
    const { connection, link } = site.openWebSocket();
    say(connection, "4abc");
    expect(connection.bufferedBytes).toBe(4);
    site.host.clock.endTick();
    expect(connection.bufferedBytes).toBe(0);
    link.bufferedBytes = 700;
    say(connection, "4abc");
    expect(connection.bufferedBytes).toBe(704);
  });

  it("resolves at once when nothing waits, and at the end of the tick when all could be written", async () => {
    const { connection } = site.openWebSocket();
    expect((await settle(connection.drained()))()).toBe(true);
    say(connection, "4a");
    const result = await settle(connection.drained());
    expect(result()).toBe("waits");
    site.host.clock.endTick();
    await settled();
    expect(result()).toBe(true);
    expect(site.host.drains.size).toBe(0);
  });

  it("resolves when a slow client has taken everything", async () => {
    const { connection, link } = site.openWebSocket();
    say(connection, "4a");
    const results = [await settle(connection.drained()), await settle(connection.drained())];
    link.bufferedBytes = 500;
    site.host.clock.advance(100);
    await settled();
    expect(results.map((result) => result())).toEqual(["waits", "waits"]);
    link.bufferedBytes = 0;
    site.host.clock.advance(25);
    await settled();
    expect(results.map((result) => result())).toEqual([true, true]);
    expect(site.host.drains.size).toBe(0);
  });

  it("resolves over polling when the packets have been fetched", async () => {
    const { connection } = site.openPolling();
    say(connection, "4a");
    const result = await settle(connection.drained());
    site.host.clock.advance(100);
    await settled();
    expect(result()).toBe("waits");
    poll(connection);
    await settled();
    expect(result()).toBe(true);
  });

  it("resolves to false when the connection ends, or has ended", async () => {
    const { connection, link } = site.openWebSocket();
    link.bufferedBytes = 500;
    const result = await settle(connection.drained());
    connection.terminate("transport error");
    await settled();
    expect(result()).toBe(false);
    expect(await connection.drained()).toBe(false);
    expect(site.host.waiting).toBe(0);
  });
});

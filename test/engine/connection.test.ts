import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import { Connection } from "../../src/engine/connection.ts";
import { WebSocketTransport } from "../../src/engine/transport/websocket-transport.ts";
import { FakeExchange, fakeRequest, SlowBody } from "../support/fake-exchange.ts";
import { FakeLink } from "../support/fake-link.ts";
import { beginUpgrade, ConnectionSite, Host, Listener, poll, post, say, settled } from "./connection-site.ts";

let site: ConnectionSite;

beforeEach(() => {
  site = new ConnectionSite();
});

describe("Connection, before it is open", () => {
  it("takes no packets, since the first must be the handshake, and has nothing to end", () => {
    const connection = new Connection(site.host, "id", 1, fakeRequest());
    expect(connection.isOpen).toBe(false);
    expect(say(connection, "4early")).toEqual([false]);
    connection.close("forced close");
    connection.terminate("forced close");
    expect([site.host.forgotten, site.host.waiting]).toEqual([[], 0]);
    const link = new FakeLink();
    connection.open(new WebSocketTransport(link, connection), site.listener);
    say(connection, "0{}");
    site.host.clock.endTick();
    expect(link.messages).toEqual(["0{}"]);
  });
});

describe("Connection, receiving", () => {
  it("hands over texts and bytes, without their type", () => {
    const { link } = site.openWebSocket();
    link.receive("4hello");
    link.receive("4");
    link.receive(new Uint8Array([4, 5]));
    expect(site.listener.heard).toEqual(["hello", "", [4, 5]]);
  });

  it("keeps pongs and noops to itself", () => {
    const { connection, link } = site.openWebSocket();
    for (const text of ["3", "3probe", "6"]) link.receive(text);
    expect([site.listener.heard, connection.isOpen]).toEqual([[], true]);
  });

  it("takes a text that begins with a b for a binary message, as clients send that take only text", () => {
    const { connection, link } = site.openWebSocket();
    for (const text of ["bAQID", "b"]) link.receive(text);
    expect([site.listener.heard, connection.isOpen]).toEqual([[[1, 2, 3], []], true]);
  });

  it.each(["", "0", "0{}", "2", "2probe", "5", "7", "b$", "ba", "B", "hello", "\u0000"])(
    "ends with a parse error for %j",
    (text) => {
      const { connection, link } = site.openWebSocket();
      link.receive(text);
      expect(link.endings).toEqual(["fail"]);
      expect(link.told).toEqual({ code: 1002, reason: "parse error" });
      site.expectGone(connection, "parse error");
    },
  );

  it("ends when the client says so, over either transport, and takes nothing that follows", async () => {
    const { connection } = site.openPolling();
    const exchange = await post(connection, "4a\u001e1\u001e4b");
    expect(exchange.text).toBe("ok");
    expect(site.listener.heard).toEqual(["a"]);
    site.expectGone(connection, "transport close");
  });

  it("answers the poll that waits when the client says goodbye, without saying it back", async () => {
    const { connection } = site.openPolling();
    const waiting = poll(connection);
    await post(connection, "1");
    expect(waiting.packets).toEqual(["6"]);
    site.expectGone(connection, "transport close");
  });

  it("ends with a parse error when the listener says that bytes are not valid, and reports nothing", () => {
    for (const message of ["4x", new Uint8Array([1])]) {
      const refusing = new Listener();
      refusing.onText = refusing.onBinary = () => {
        throw new ProtocolError("bad packet");
      };
      const { link } = site.openWebSocket(refusing);
      link.receive(message);
      expect([refusing.ended, site.host.reported]).toEqual([["parse error"], []]);
      expect(link.endings).toEqual(["fail"]);
    }
  });

  it("reports any other error of the listener, which harms no other connection", () => {
    const error = new TypeError("of the listener");
    const broken = new Listener();
    broken.onText = () => {
      throw error;
    };
    const other = site.openWebSocket();
    const { link } = site.openWebSocket(broken);
    say(other.connection, "4a");
    link.receive("4x");
    link.receive("4y");
    site.host.clock.endTick();
    expect([site.host.reported, broken.ended]).toEqual([[error], ["parse error"]]);
    expect([other.connection.isOpen, other.link.messages]).toEqual([true, ["4a"]]);
  });

  it("is gone also when the listener throws at the end", () => {
    const error = new Error("of the listener");
    site.listener.onClose = (reason) => {
      site.listener.ended.push(reason);
      throw error;
    };
    const { connection, link } = site.openWebSocket();
    connection.terminate("forced close");
    expect(site.host.reported).toEqual([error]);
    expect(link.endings).toEqual(["fail"]);
    site.expectGone(connection, "forced close");
  });
});

describe("Connection, called from within its listener", () => {
  it("sends what the listener answers", () => {
    site.listener.onText = (text, start) => say(site.opened[0] as Connection, `4re: ${text.slice(start)}`);
    const { link } = site.openWebSocket();
    link.receive("4a");
    link.receive("4b");
    site.host.clock.endTick();
    expect(link.messages).toEqual(["4re: a", "4re: b"]);
  });

  it("closes after what the listener sent, and takes nothing more of the same payload", async () => {
    site.listener.onText = (text, start) => {
      site.listener.heard.push(text.slice(start));
      say(site.opened[0] as Connection, "4bye");
      site.opened[0]?.close("forced close");
    };
    const { connection } = site.openPolling();
    const exchange = await post(connection, "4a\u001e4b");
    expect([exchange.text, site.listener.heard]).toEqual(["ok", ["a"]]);
    expect(poll(connection).packets).toEqual(["4bye"]);
    site.host.clock.endTick();
    expect(poll(connection).packets).toEqual(["1"]);
    site.expectGone(connection, "forced close");
  });

  it("terminates at once, and reports no parse error after it", () => {
    site.listener.onText = () => {
      site.opened[0]?.terminate("forced close");
      throw new ProtocolError("too late");
    };
    const { connection, link } = site.openWebSocket();
    link.receive("4a");
    site.expectGone(connection, "forced close");
  });

  it.each(["close", "terminate"] as const)("ends once when the listener calls %s at the end", (method) => {
    for (const end of ["close", "terminate"] as const) {
      site.host = new Host();
      site.listener = new Listener();
      site.listener.onClose = (reason) => {
        site.listener.ended.push(reason);
        expect(site.opened.at(-1)?.isOpen).toBe(false);
        expect(say(site.opened.at(-1) as Connection, "4late")).toEqual([false]);
        site.opened.at(-1)?.[method]("transport error");
      };
      const { connection, link } = site.openWebSocket();
      connection[end]("forced close");
      link.end();
      site.expectGone(connection, "forced close");
      expect(link.messages).toEqual([]);
    }
  });

  it("may end others while everybody is flushed", () => {
    const [first, second, third] = [site.openWebSocket(), site.openWebSocket(), site.openWebSocket()];
    for (const { connection } of [first, second, third]) say(connection, "4a");
    first.link.onWrite = () => {
      second.connection.terminate("forced close");
      third.connection.close("forced close");
      say(first.connection, "4b");
    };
    site.host.clock.endTick();
    first.link.onWrite = null;
    site.host.clock.endTick();
    expect(first.link.messages).toEqual(["4a", "4b"]);
    expect([second.link.messages, second.link.endings]).toEqual([[], ["fail"]]);
    expect([third.link.messages, third.link.endings]).toEqual([["4a"], ["close"]]);
  });

  it("loses nothing that is sent while it is flushed, although it closes then", () => {
    const { connection, link } = site.openWebSocket();
    say(connection, "4a");
    link.onWrite = () => {
      link.onWrite = null;
      say(connection, "4b");
      connection.close("forced close");
    };
    site.host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([["4a"], []]);
    site.host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([["4a", "4b"], ["close"]]);
  });

  it("stays ended when it is terminated while it is flushed", () => {
    const { connection, link } = site.openWebSocket();
    say(connection, "4a");
    link.onWrite = () => connection.terminate("forced close");
    site.host.clock.endTick();
    expect(link.endings).toEqual(["fail"]);
    site.expectGone(connection, "forced close");
  });
});

describe("Connection.close over a WebSocket", () => {
  it("begins the closing handshake after what was sent before, and tells the listener at once", () => {
    const { connection, link } = site.openWebSocket();
    say(connection, "4bye");
    connection.close("forced close");
    expect([site.listener.ended, link.endings]).toEqual([["forced close"], []]);
    expect(say(connection, "4late")).toEqual([false]);
    site.host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([["4bye"], ["close"]]);
    expect(site.host.forgotten).toEqual([]);
    link.end();
    site.expectGone(connection, "forced close");
  });

  it("closes at once where nothing waits, and once however often it is called", () => {
    const { connection, link } = site.openWebSocket();
    connection.close("forced close");
    connection.close("server shutting down");
    site.host.clock.endTick();
    expect(link.endings).toEqual(["close"]);
    expect(site.listener.ended).toEqual(["forced close"]);
  });

  it("takes nothing that still comes in", () => {
    const { connection, link } = site.openWebSocket();
    connection.close("forced close");
    link.receive("4late");
    link.receive(new Uint8Array(1));
    link.receive("garbage");
    expect(site.listener.heard).toEqual([]);
    expect(site.listener.ended).toEqual(["forced close"]);
  });

  it("cuts off a peer that does not take part in the closing handshake", () => {
    const { connection, link } = site.openWebSocket();
    connection.close("forced close");
    site.host.clock.advance(408);
    expect(link.endings).toEqual(["close", "terminate"]);
    site.expectGone(connection, "forced close");
  });

  it("can be cut short", () => {
    const { connection, link } = site.openWebSocket();
    say(connection, "4bye");
    connection.close("forced close");
    connection.terminate("server shutting down");
    site.host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([[], ["fail"]]);
    site.expectGone(connection, "forced close");
  });

  it("ends a link that has died before the farewell", () => {
    const { connection, link } = site.openWebSocket();
    say(connection, "4bye");
    connection.close("forced close");
    link.end("error");
    site.expectGone(connection, "forced close");
    expect(link.messages).toEqual([]);
  });
});

describe("Connection.close over polling", () => {
  it("answers the poll that waits with the packets, and the next with the farewell alone", () => {
    const { connection } = site.openPolling();
    const exchange = poll(connection);
    say(connection, "4a", "4b");
    connection.close("forced close");
    expect(site.listener.ended).toEqual(["forced close"]);
    site.host.clock.endTick();
    expect(exchange.packets).toEqual(["4a", "4b"]);
    expect(site.host.forgotten).toEqual([]);
    site.host.clock.endTick();
    expect(poll(connection).packets).toEqual(["1"]);
    site.expectGone(connection, "forced close");
  });

  it("says farewell to a poll that waits when nothing else has to be sent first", () => {
    const { connection } = site.openPolling();
    const exchange = poll(connection);
    connection.close("forced close");
    site.host.clock.endTick();
    expect(exchange.responses.map(({ body }) => body)).toEqual(["1"]);
    site.expectGone(connection, "forced close");
  });

  it("keeps packets and farewell for a client whose poll is away", () => {
    const { connection } = site.openPolling();
    say(connection, "4a");
    connection.close("forced close");
    site.host.clock.advance(100);
    expect(poll(connection).packets).toEqual(["4a"]);
    site.host.clock.advance(100);
    expect(poll(connection).packets).toEqual(["1"]);
    site.expectGone(connection, "forced close");
  });

  it("forgets a client that does not fetch them", () => {
    const { connection } = site.openPolling();
    say(connection, "4a");
    connection.close("forced close");
    site.host.clock.advance(408);
    site.expectGone(connection, "forced close");
  });

  it("forgets a client whose poll breaks off", () => {
    const { connection } = site.openPolling();
    const exchange = poll(connection);
    connection.close("forced close");
    exchange.abort();
    site.expectGone(connection, "forced close");
  });

  it("forgets a client that says goodbye itself in that time", async () => {
    const { connection } = site.openPolling();
    say(connection, "4a");
    connection.close("forced close");
    await post(connection, "1");
    site.expectGone(connection, "forced close");
  });

  it("takes posts that were under way, so that their client does not take fright and miss its last packets", async () => {
    const { connection } = site.openPolling();
    say(connection, "4bye");
    connection.close("forced close");
    const exchange = await post(connection, "4late");
    expect([exchange.text, site.listener.heard]).toEqual(["ok", []]);
    expect(poll(connection).packets).toEqual(["4bye"]);
  });
});

describe("Connection.terminate", () => {
  it("lets a poll that waits go with a farewell, and drops what was to be sent", () => {
    const { connection } = site.openPolling();
    const exchange = poll(connection);
    say(connection, "4a");
    connection.terminate("forced close");
    expect(exchange.packets).toEqual(["1"]);
    site.expectGone(connection, "forced close");
    expect(exchange.responses).toHaveLength(1);
  });

  it("counts once", () => {
    const { connection, link } = site.openWebSocket();
    connection.terminate("forced close");
    connection.terminate("transport error");
    connection.close("transport error");
    link.end();
    expect(link.endings).toEqual(["fail"]);
    site.expectGone(connection, "forced close");
  });
});

describe("Connection over polling, with a client that breaks the rules", () => {
  it("ends at a second poll, and tells that one", () => {
    const { connection } = site.openPolling();
    const [first, second] = [poll(connection), poll(connection)];
    expect([second.status, first.packets]).toEqual([400, ["1"]]);
    expect(second.text).toBe('{"code":3,"message":"Overlapping requests"}');
    site.expectGone(connection, "overlapping requests");
  });

  it("ends at a second post", async () => {
    const { connection } = site.openPolling();
    const body = new SlowBody();
    const first = await post(connection, body.promise);
    const second = await post(connection, "4b");
    expect(second.status).toBe(400);
    body.arrive("4a");
    await settled();
    expect([first.status, site.listener.heard]).toEqual([400, []]);
    site.expectGone(connection, "overlapping requests");
  });

  it.each([
    ["parse error", "9", 400],
    ["too many packets", "4a\u001e4b\u001e4c\u001e4d", 400],
    ["payload too large", `4${"x".repeat(1000)}`, 413],
  ] as const)("ends with a %s", async (reason, body, status) => {
    const { connection } = site.openPolling();
    expect((await post(connection, body)).status).toBe(status);
    site.expectGone(connection, reason);
  });

  it("takes packets just within the limits", async () => {
    const { connection } = site.openPolling();
    expect((await post(connection, `4${"x".repeat(999)}`)).text).toBe("ok");
    expect((await post(connection, "4a\u001e4b\u001e4c")).text).toBe("ok");
    expect(site.listener.heard).toEqual(["x".repeat(999), "a", "b", "c"]);
    expect((await post(connection, `4${"x".repeat(1000)}`)).status).toBe(413);
  });

  it("ends when a body breaks off", async () => {
    const { connection } = site.openPolling();
    const body = new SlowBody();
    await post(connection, body.promise);
    body.breakOff();
    await settled();
    site.expectGone(connection, "transport error");
  });
});

describe("Connection's heartbeat", () => {
  it("asks a quiet client for a sign of life, and goes on while it answers", () => {
    const { connection, link } = site.openWebSocket();
    for (let round = 1; round <= 3; round += 1) {
      site.host.clock.advance(1020);
      expect(link.messages).toHaveLength(round);
      link.receive("3");
    }
    expect(new Set(link.messages)).toEqual(new Set(["2"]));
    expect(connection.isOpen).toBe(true);
    expect([site.host.pings.size, site.host.pongs.size]).toEqual([1, 0]);
  });

  it("asks a client that talks all the time just as often, since it waits for the question", () => {
    const { link } = site.openWebSocket();
    for (let time = 0; time < 3000; time += 100) {
      site.host.clock.advance(100);
      link.receive("4a");
    }
    expect(link.messages).toEqual(["2", "2", "2"]);
  });

  it("ends a client that does not answer", () => {
    const { connection, link } = site.openWebSocket();
    site.host.clock.advance(1499);
    expect(connection.isOpen).toBe(true);
    site.host.clock.advance(1);
    expect(link.endings).toEqual(["terminate"]);
    site.expectGone(connection, "ping timeout");
  });

  it.each<[string, (link: FakeLink) => void]>([
    ["a pong", (link) => link.receive("3")],
    ["a message", (link) => link.receive("4a")],
    ["bytes", (link) => link.receive(new Uint8Array(1))],
    ["a noop", (link) => link.receive("6")],
  ])("takes %s for a sign of life", (_, speak) => {
    const { connection, link } = site.openWebSocket();
    site.host.clock.advance(1020);
    speak(link);
    site.host.clock.advance(600);
    expect(connection.isOpen).toBe(true);
  });

  it("takes a post for a sign of life, and answers a poll with its question", async () => {
    const { connection } = site.openPolling();
    const exchange = poll(connection);
    site.host.clock.advance(1020);
    expect(exchange.packets).toEqual(["2"]);
    await post(connection, "3");
    site.host.clock.advance(600);
    expect(connection.isOpen).toBe(true);
  });

  it("ends a client that has stopped to poll, and one that polls without a word", () => {
    site.openPolling();
    site.host.clock.advance(1600);
    site.expectGone(site.opened[0] as Connection, "ping timeout");
    site.host = new Host();
    site.listener = new Listener();
    const { connection } = site.openPolling();
    site.host.clock.advance(1020);
    poll(connection);
    const waiting = poll(connection);
    site.host.clock.advance(600);
    expect(waiting.packets).toEqual(["1"]);
    site.expectGone(connection, "ping timeout");
  });

  it("does not blame a client whose answer waits to be read while the server stalls", () => {
    const { connection, link } = site.openWebSocket();
    site.host.clock.advance(1020);
    site.host.clock.stall(5000);
    site.host.clock.fireTimers();
    link.receive("3");
    site.host.clock.endTick();
    expect(connection.isOpen).toBe(true);
  });

  it("does not ask a connection that closes", () => {
    const { connection } = site.openPolling();
    connection.close("forced close");
    expect([site.host.pings.size, site.host.closeTimeouts.size]).toEqual([0, 1]);
  });
});

describe("Connection, upgrading", () => {
  /** Up to where the client has shown that its WebSocket works. */
  function probed() {
    const { connection } = site.openPolling();
    const link = beginUpgrade(connection);
    link.receive("2probe");
    expect(link.messages).toEqual(["3probe"]);
    link.writes.length = 0;
    return { connection, link };
  }

  it("moves to the WebSocket without losing or reordering a packet", async () => {
    const { connection } = site.openPolling();
    const waiting = poll(connection);
    const link = beginUpgrade(connection);
    expect(connection.canUpgrade).toBe(false);
    say(connection, "4a");
    site.host.clock.endTick();
    expect(waiting.packets).toEqual(["4a"]);
    link.receive("2probe");
    say(connection, "4b");
    const next = poll(connection);
    expect(next.packets).toEqual(["4b"]);
    say(connection, "4c");
    site.host.clock.endTick();
    await post(connection, "4from polling");
    expect(connection.transportName).toBe("polling");
    link.receive("5");
    expect(connection.transportName).toBe("websocket");
    link.receive("4from websocket");
    say(connection, "4d");
    site.host.clock.endTick();
    expect(link.messages).toEqual(["3probe", "4c", "4d"]);
    expect(site.listener.heard).toEqual(["from polling", "from websocket"]);
    expect([site.host.upgrades.size, site.host.pings.size]).toEqual([0, 1]);
  });

  it("answers the poll that waits at the probe with a noop, so that the client can change over", () => {
    const { connection } = site.openPolling();
    const waiting = poll(connection);
    const link = beginUpgrade(connection);
    expect(waiting.responses).toEqual([]);
    link.receive("2probe");
    expect(waiting.packets).toEqual(["6"]);
  });

  it("answers a poll after the probe with a noop exactly when nothing is pending", () => {
    const { connection } = probed();
    expect(poll(connection).packets).toEqual(["6"]);
    say(connection, "4a");
    expect(poll(connection).packets).toEqual(["4a"]);
    const last = poll(connection);
    expect(last.responses).toEqual([]);
    site.host.clock.advance(105);
    expect(last.packets).toEqual(["6"]);
  });

  it("answers a client that polls on after the probe once in 100 ms, not each time at once", () => {
    const { connection } = probed();
    let answered = 0;
    // Not as long as an upgrade may take.
    for (let time = 0; time < 290; ) {
      const waiting = poll(connection);
      for (; waiting.responses.length === 0 && time < 290; time += 1) site.host.clock.advance(1);
      answered += waiting.responses.length;
    }
    expect(answered).toBe(3);
  });

  it("hands a client that polls on after the probe its packets at the end of their tick", () => {
    const { connection } = probed();
    expect(poll(connection).packets).toEqual(["6"]);
    const waiting = poll(connection);
    say(connection, "4a");
    site.host.clock.endTick();
    expect(waiting.packets).toEqual(["4a"]);
  });

  it("answers no poll with a noop once the upgrade has failed", () => {
    const { connection, link } = probed();
    poll(connection);
    const waiting = poll(connection);
    link.end();
    site.host.clock.advance(200);
    expect(waiting.responses).toEqual([]);
    expect(site.host.pollEnds.size).toBe(0);
  });

  it("lets a poll go that waits for its moment when the client changes over", () => {
    const { connection, link } = probed();
    poll(connection);
    const waiting = poll(connection);
    link.receive("5");
    expect(waiting.packets).toEqual(["6"]);
    site.host.clock.advance(200);
    expect([waiting.responses.length, site.host.pollEnds.size]).toEqual([1, 0]);
  });

  it("answers a poll before the probe with nothing but packets", () => {
    const { connection } = site.openPolling();
    beginUpgrade(connection);
    const waiting = poll(connection);
    site.host.clock.endTick();
    expect(waiting.responses).toEqual([]);
  });

  it("takes no requests of the old transport after the change", () => {
    const { connection, link } = probed();
    link.receive("5");
    const late = new FakeExchange();
    expect([connection.poll(late), connection.post(late)]).toEqual([false, false]);
    expect([late.responses, connection.isOpen]).toEqual([[], true]);
  });

  it("takes a post whose body comes to its end after the change", async () => {
    const { connection, link } = probed();
    const body = new SlowBody();
    const exchange = await post(connection, body.promise);
    link.receive("5");
    body.arrive("4late");
    await settled();
    expect([exchange.text, site.listener.heard]).toEqual(["ok", ["late"]]);
    expect(connection.isOpen).toBe(true);
  });

  it("is not ended by requests of the old transport that break off after the change", async () => {
    const { connection } = site.openPolling();
    const waiting = poll(connection);
    const link = beginUpgrade(connection);
    link.receive("2probe");
    const body = new SlowBody();
    await post(connection, body.promise);
    link.receive("5");
    waiting.abort();
    body.breakOff();
    await settled();
    expect(connection.isOpen).toBe(true);
    link.end();
    site.expectGone(connection, "transport close");
  });

  it("goes on with polling when the WebSocket fails or is given up", () => {
    const fail: ((link: FakeLink) => void)[] = [
      (link) => link.end(),
      (link) => link.end("error"),
      (link) => link.receive("4too early"),
      () => site.host.clock.advance(306),
    ];
    for (const spoil of fail) {
      const { connection, link } = probed();
      spoil(link);
      expect(link.endings).toEqual(["terminate"]);
      expect([connection.isOpen, connection.transportName]).toEqual([true, "polling"]);
      expect([connection.canUpgrade, site.host.upgrades.size]).toEqual([true, 0]);
      const waiting = poll(connection);
      expect(waiting.responses).toEqual([]);
      say(connection, "4a");
      site.host.clock.endTick();
      expect(waiting.packets).toEqual(["4a"]);
    }
    expect(site.listener.heard).toEqual([]);
  });

  it("has no place for a second WebSocket, nor for any after the end", () => {
    const { connection } = site.openPolling();
    expect(connection.canUpgrade).toBe(true);
    const link = beginUpgrade(connection);
    expect(connection.canUpgrade).toBe(false);
    link.receive("2probe");
    link.receive("5");
    expect(connection.canUpgrade).toBe(false);
    const { connection: ended } = site.openPolling();
    ended.close("forced close");
    expect(ended.canUpgrade).toBe(false);
    ended.terminate("forced close");
    expect(ended.canUpgrade).toBe(false);
  });

  it.each([[[]], [["2probe"]]])("gives the WebSocket up when the connection is cut after %j", (said) => {
    const { connection } = site.openPolling();
    const link = beginUpgrade(connection);
    for (const text of said) link.receive(text);
    connection.terminate("forced close");
    link.receive("2probe");
    link.receive("5");
    expect([link.endings, connection.transportName]).toEqual([["terminate"], "polling"]);
    site.expectGone(connection, "forced close");
  });

  it("brings the last packets over the WebSocket when it closes while the client changes over", () => {
    const { connection, link } = probed();
    say(connection, "4bye");
    connection.close("forced close");
    site.host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([[], []]);
    link.receive("5");
    expect([link.messages, link.endings]).toEqual([["4bye"], ["close"]]);
    link.end();
    site.expectGone(connection, "forced close");
  });

  it("brings the last packets over polling when the WebSocket fails after it was closed", () => {
    const { connection, link } = probed();
    say(connection, "4bye");
    connection.close("forced close");
    link.end();
    expect(poll(connection).packets).toEqual(["4bye"]);
    site.host.clock.endTick();
    expect(poll(connection).packets).toEqual(["1"]);
    site.expectGone(connection, "forced close");
  });

  it("gives the WebSocket up when its client has got its farewell over polling", () => {
    const { connection, link } = probed();
    connection.close("forced close");
    expect(poll(connection).packets).toEqual(["1"]);
    expect(link.endings).toEqual(["terminate"]);
    site.expectGone(connection, "forced close");
  });

  it("does not outlive the time for a farewell", () => {
    const { connection, link } = probed();
    connection.close("forced close");
    site.host.clock.advance(408);
    expect(link.endings).toEqual(["terminate"]);
    site.expectGone(connection, "forced close");
  });

  it("brings every packet once and in order, whatever happens between a poll, a probe and the change", () => {
    const action = fc.constantFrom(
      "send",
      "send",
      "send",
      "poll",
      "tick",
      "open",
      "probe",
      "change",
      "break",
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        site.host = new Host();
        const { connection } = site.openPolling();
        const sent: string[] = [];
        const got: string[] = [];
        let waiting: FakeExchange | null = null;
        let link: FakeLink | null = null;
        let changed = false;
        const fetch = () => {
          if (waiting === null || waiting.responses.length === 0) return;
          got.push(...waiting.packets);
          waiting = null;
        };
        for (const [index, taken] of [...actions, "poll", "tick", "poll", "tick"].entries()) {
          if (taken === "send") {
            say(connection, `4${index}`);
            sent.push(`4${index}`);
          } else if (taken === "poll" && waiting === null && !changed) {
            waiting = poll(connection);
          } else if (taken === "open" && link === null) {
            link = beginUpgrade(connection);
          } else if (taken === "probe" && link?.writes.length === 0 && !changed) {
            link.receive("2probe");
          } else if (taken === "change" && link?.writes.length === 1 && waiting === null && !changed) {
            link.receive("5");
            changed = true;
          } else if (taken === "break" && !changed) {
            link?.end();
            link = null;
          } else {
            site.host.clock.advance(60);
            site.host.clock.endTick();
          }
          fetch();
        }
        got.push(...((link as FakeLink | null)?.messages.map(String) ?? []));
        expect(connection.isOpen).toBe(true);
        expect(got.filter((packet) => packet.startsWith("4"))).toEqual(sent);
        expect(new Set(got.filter((packet) => !packet.startsWith("4")))).toSatisfy((others: Set<string>) =>
          [...others].every((packet) => packet === "6" || packet === "3probe"),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("tells of it", () => {
    const told: string[] = [];
    site.host.trace.listen((event) => told.push(event.type));
    const { connection, link } = probed();
    link.receive("5");
    connection.close("forced close");
    link.end();
    expect(told).toEqual(["connection upgrade", "connection close"]);
  });
});

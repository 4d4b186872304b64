import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import { DeadlineQueue } from "../../src/base/time/deadline-queue.ts";
import { Trace } from "../../src/base/trace.ts";
import type { CloseReason } from "../../src/engine/close-reason.ts";
import { Connection, type ConnectionHost, type ConnectionListener } from "../../src/engine/connection.ts";
import type { TimedConnection } from "../../src/engine/connection-timers.ts";
import { Counters } from "../../src/engine/counters.ts";
import { Outbox } from "../../src/engine/outbox/outbox.ts";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import { PollingTransport } from "../../src/engine/transport/polling-transport.ts";
import type { Transport } from "../../src/engine/transport/transport.ts";
import type { Upgrade } from "../../src/engine/transport/upgrade.ts";
import { WebSocketTransport } from "../../src/engine/transport/websocket-transport.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type FakeBody, FakeExchange, fakeRequest, SlowBody } from "../support/fake-exchange.ts";
import { FakeLink } from "../support/fake-link.ts";

class Host implements ConnectionHost {
  readonly clock = new FakeClock();
  readonly outbox = new Outbox(this.clock);
  readonly trace = new Trace();
  readonly pings = new DeadlineQueue<TimedConnection>(this.clock, 1000, (connection) => connection.probe());
  readonly pongs = new DeadlineQueue<TimedConnection>(this.clock, 500, (connection) =>
    connection.terminate("ping timeout"),
  );
  readonly clientPingTimeouts = new DeadlineQueue<TimedConnection>(this.clock, 1500, (connection) =>
    connection.terminate("ping timeout"),
  );
  readonly upgrades = new DeadlineQueue<Upgrade>(this.clock, 300, (upgrade) => upgrade.cancel());
  readonly pollEnds = new DeadlineQueue<Upgrade>(this.clock, 100, (upgrade) => upgrade.endPoll());
  readonly closeTimeouts = new DeadlineQueue<TimedConnection>(this.clock, 400, (connection) =>
    connection.endFarewell(),
  );
  readonly retries = new DeadlineQueue<TimedConnection>(this.clock, 20, (connection) => connection.retry());
  readonly drains = new DeadlineQueue<TimedConnection>(this.clock, 20, (connection) =>
    connection.checkDrain(),
  );
  readonly counters = new Counters();
  handshakes = 0;
  readonly maxOutgoingBytes: number;
  readonly reported: unknown[] = [];
  readonly forgotten: Connection[] = [];

  constructor(maxOutgoingBytes = 1000) {
    this.maxOutgoingBytes = maxOutgoingBytes;
  }

  pingPacket(): OutgoingPacket {
    return new OutgoingPacket("2");
  }

  onHandshake(): void {
    this.handshakes += 1;
  }

  onHandshakeEnd(): void {
    this.handshakes -= 1;
  }

  forget(connection: Connection): void {
    this.forgotten.push(connection);
  }

  report(error: unknown): void {
    this.reported.push(error);
  }

  /** How many things wait for their time: nothing of a connection that has ended may. */
  get waiting(): number {
    const { pings, pongs, upgrades, pollEnds, closeTimeouts, drains, retries } = this;
    return [pings, pongs, upgrades, pollEnds, closeTimeouts, drains, retries].reduce(
      (sum, { size }) => sum + size,
      0,
    );
  }
}

class Listener implements ConnectionListener {
  readonly heard: unknown[] = [];
  readonly ended: CloseReason[] = [];

  onText(text: string, start: number): void {
    this.heard.push(text.slice(start));
  }

  onBinary(bytes: Uint8Array): void {
    this.heard.push([...bytes]);
  }

  onClose(reason: CloseReason): void {
    this.ended.push(reason);
  }
}

let host: Host;
let listener: Listener;
let opened: Connection[];

beforeEach(() => {
  host = new Host();
  listener = new Listener();
  opened = [];
});

function open<T extends Transport>(
  make: (connection: Connection) => T,
  hears: ConnectionListener = listener,
) {
  const connection = new Connection(host, "id", opened.length + 1, fakeRequest());
  const transport = make(connection);
  connection.open(transport, hears);
  opened.push(connection);
  return { connection, transport };
}

function openPolling(hears?: ConnectionListener) {
  const options = {
    maxHttpBufferSize: 1000,
    maxPacketsPerPayload: 3,
    httpCompression: false,
    compressionThreshold: 0,
    responseHeaders: () => ({}),
  };
  return open((connection) => new PollingTransport(options, connection), hears);
}

function openWebSocket(hears?: ConnectionListener) {
  const link = new FakeLink();
  const { connection, transport } = open((connection) => new WebSocketTransport(link, connection), hears);
  link.listener = transport;
  return { connection, link };
}

function poll(connection: Connection): FakeExchange {
  const exchange = new FakeExchange();
  expect(connection.poll(exchange)).toBe(true);
  return exchange;
}

async function post(connection: Connection, body: FakeBody): Promise<FakeExchange> {
  const exchange = new FakeExchange(fakeRequest("/", { method: "POST" }), body);
  expect(connection.post(exchange)).toBe(true);
  await settled();
  return exchange;
}

function beginUpgrade(connection: Connection): FakeLink {
  const link = new FakeLink();
  link.listener = connection.beginUpgrade(link);
  return link;
}

/** Lets promises that are fulfilled come to their handlers. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function say(connection: Connection, ...texts: string[]): boolean[] {
  return texts.map((text) => connection.send(new OutgoingPacket(text)));
}

const volatile = (text: string) => new OutgoingPacket(text, [], { volatile: true });

/** The connection has ended, and nothing in the server remembers it. */
function expectGone(connection: Connection, reason: CloseReason): void {
  expect(connection.isOpen).toBe(false);
  expect(listener.ended).toEqual([reason]);
  expect(host.forgotten).toEqual([connection]);
  expect(host.waiting).toBe(0);
  expect(host.clock.timerCount).toBe(0);
  expect(say(connection, "4late")).toEqual([false]);
  host.clock.advance(10_000);
  expect([listener.ended, host.forgotten]).toEqual([[reason], [connection]]);
}

describe("Connection, sending over a WebSocket", () => {
  it("writes everything of a tick at once, in order", () => {
    const { connection, link } = openWebSocket();
    expect(say(connection, "4a", "4b", "4c")).toEqual([true, true, true]);
    expect(link.writes).toEqual([]);
    host.clock.endTick();
    expect(link.writes).toHaveLength(1);
    expect(link.messages).toEqual(["4a", "4b", "4c"]);
  });

  it("drops a volatile packet while earlier bytes wait", () => {
    const { connection, link } = openWebSocket();
    link.bufferedBytes = 10;
    expect(connection.send(volatile("4position"))).toBe(false);
    link.bufferedBytes = 0;
    expect(connection.send(volatile("4position"))).toBe(true);
    host.clock.endTick();
    expect(link.messages).toEqual(["4position"]);
  });

  it("ends when the link breaks in sending, and reports why; the others of the tick get theirs", () => {
    const [first, broken, last] = [openWebSocket(), openWebSocket(), openWebSocket()];
    const error = new Error("of the link");
    broken.link.onWrite = () => {
      throw error;
    };
    for (const { connection } of [first, broken, last]) say(connection, "4a");
    host.clock.endTick();
    expect([first.link.messages, last.link.messages]).toEqual([["4a"], ["4a"]]);
    expect(host.reported).toEqual([error]);
    expect(listener.ended).toEqual(["transport error"]);
    expect(host.forgotten).toEqual([broken.connection]);
    expect(broken.link.endings).toEqual(["terminate"]);
  });
});

describe("Connection, sending over polling", () => {
  it("answers a poll that waits at the end of the tick", () => {
    const { connection } = openPolling();
    const exchange = poll(connection);
    say(connection, "4a", "4b");
    expect(exchange.responses).toEqual([]);
    host.clock.endTick();
    expect(exchange.packets).toEqual(["4a", "4b"]);
  });

  it("keeps packets while the poll is away, and answers the next with all of them", () => {
    const { connection } = openPolling();
    say(connection, "4a");
    host.clock.endTick();
    say(connection, "4b");
    host.clock.endTick();
    expect(poll(connection).packets).toEqual(["4a", "4b"]);
  });

  it("answers a poll that comes in the middle of a tick at once, and what follows in the next", () => {
    const { connection } = openPolling();
    say(connection, "4a");
    const first = poll(connection);
    expect(first.packets).toEqual(["4a"]);
    say(connection, "4b");
    const second = poll(connection);
    expect(second.packets).toEqual(["4b"]);
    host.clock.endTick();
    expect([first.responses.length, second.responses.length]).toEqual([1, 1]);
  });

  it("drops volatile packets while the poll is away", () => {
    const { connection } = openPolling();
    expect(connection.send(volatile("4position"))).toBe(false);
    say(connection, "4a");
    const exchange = poll(connection);
    expect(exchange.packets).toEqual(["4a"]);
    expect(connection.send(volatile("4position"))).toBe(false);
    const next = poll(connection);
    expect(connection.send(volatile("4position"))).toBe(true);
    host.clock.endTick();
    expect(next.packets).toEqual(["4position"]);
  });

  it("ends with a transport error when the answer cannot be built, and tells the poll that waits", () => {
    const { connection } = openPolling();
    const exchange = poll(connection);
    const packet = new OutgoingPacket("451-", [{ length: 3 } as Uint8Array]);
    connection.send(packet);
    host.clock.endTick();
    expect(host.reported).toHaveLength(1);
    expect(exchange.packets).toEqual(["1"]);
    expectGone(connection, "transport error");
  });
});

describe("Connection, before it is open", () => {
  it("takes no packets, since the first must be the handshake, and has nothing to end", () => {
    const connection = new Connection(host, "id", 1, fakeRequest());
    expect(connection.isOpen).toBe(false);
    expect(say(connection, "4early")).toEqual([false]);
    connection.close("forced close");
    connection.terminate("forced close");
    expect([host.forgotten, host.waiting]).toEqual([[], 0]);
    const link = new FakeLink();
    connection.open(new WebSocketTransport(link, connection), listener);
    say(connection, "0{}");
    host.clock.endTick();
    expect(link.messages).toEqual(["0{}"]);
  });
});

describe("Connection, receiving", () => {
  it("hands over texts and bytes, without their type", () => {
    const { link } = openWebSocket();
    link.receive("4hello");
    link.receive("4");
    link.receive(new Uint8Array([4, 5]));
    expect(listener.heard).toEqual(["hello", "", [4, 5]]);
  });

  it("keeps pongs and noops to itself", () => {
    const { connection, link } = openWebSocket();
    for (const text of ["3", "3probe", "6"]) link.receive(text);
    expect([listener.heard, connection.isOpen]).toEqual([[], true]);
  });

  it("takes a text that begins with a b for a binary message, as clients send that take only text", () => {
    const { connection, link } = openWebSocket();
    for (const text of ["bAQID", "b"]) link.receive(text);
    expect([listener.heard, connection.isOpen]).toEqual([[[1, 2, 3], []], true]);
  });

  it.each(["", "0", "0{}", "2", "2probe", "5", "7", "b$", "ba", "B", "hello", "\u0000"])(
    "ends with a parse error for %j",
    (text) => {
      const { connection, link } = openWebSocket();
      link.receive(text);
      expect(link.endings).toEqual(["fail"]);
      expect(link.told).toEqual({ code: 1002, reason: "parse error" });
      expectGone(connection, "parse error");
    },
  );

  it("ends when the client says so, over either transport, and takes nothing that follows", async () => {
    const { connection } = openPolling();
    const exchange = await post(connection, "4a\u001e1\u001e4b");
    expect(exchange.text).toBe("ok");
    expect(listener.heard).toEqual(["a"]);
    expectGone(connection, "transport close");
  });

  it("answers the poll that waits when the client says goodbye, without saying it back", async () => {
    const { connection } = openPolling();
    const waiting = poll(connection);
    await post(connection, "1");
    expect(waiting.packets).toEqual(["6"]);
    expectGone(connection, "transport close");
  });

  it("ends with a parse error when the listener says that bytes are not valid, and reports nothing", () => {
    for (const message of ["4x", new Uint8Array([1])]) {
      const refusing = new Listener();
      refusing.onText = refusing.onBinary = () => {
        throw new ProtocolError("bad packet");
      };
      const { link } = openWebSocket(refusing);
      link.receive(message);
      expect([refusing.ended, host.reported]).toEqual([["parse error"], []]);
      expect(link.endings).toEqual(["fail"]);
    }
  });

  it("reports any other error of the listener, which harms no other connection", () => {
    const error = new TypeError("of the listener");
    const broken = new Listener();
    broken.onText = () => {
      throw error;
    };
    const other = openWebSocket();
    const { link } = openWebSocket(broken);
    say(other.connection, "4a");
    link.receive("4x");
    link.receive("4y");
    host.clock.endTick();
    expect([host.reported, broken.ended]).toEqual([[error], ["parse error"]]);
    expect([other.connection.isOpen, other.link.messages]).toEqual([true, ["4a"]]);
  });

  it("is gone also when the listener throws at the end", () => {
    const error = new Error("of the listener");
    listener.onClose = (reason) => {
      listener.ended.push(reason);
      throw error;
    };
    const { connection, link } = openWebSocket();
    connection.terminate("forced close");
    expect(host.reported).toEqual([error]);
    expect(link.endings).toEqual(["fail"]);
    expectGone(connection, "forced close");
  });
});

describe("Connection, called from within its listener", () => {
  it("sends what the listener answers", () => {
    listener.onText = (text, start) => say(opened[0] as Connection, `4re: ${text.slice(start)}`);
    const { link } = openWebSocket();
    link.receive("4a");
    link.receive("4b");
    host.clock.endTick();
    expect(link.messages).toEqual(["4re: a", "4re: b"]);
  });

  it("closes after what the listener sent, and takes nothing more of the same payload", async () => {
    listener.onText = (text, start) => {
      listener.heard.push(text.slice(start));
      say(opened[0] as Connection, "4bye");
      opened[0]?.close("forced close");
    };
    const { connection } = openPolling();
    const exchange = await post(connection, "4a\u001e4b");
    expect([exchange.text, listener.heard]).toEqual(["ok", ["a"]]);
    expect(poll(connection).packets).toEqual(["4bye"]);
    host.clock.endTick();
    expect(poll(connection).packets).toEqual(["1"]);
    expectGone(connection, "forced close");
  });

  it("terminates at once, and reports no parse error after it", () => {
    listener.onText = () => {
      opened[0]?.terminate("forced close");
      throw new ProtocolError("too late");
    };
    const { connection, link } = openWebSocket();
    link.receive("4a");
    expectGone(connection, "forced close");
  });

  it.each(["close", "terminate"] as const)("ends once when the listener calls %s at the end", (method) => {
    for (const end of ["close", "terminate"] as const) {
      host = new Host();
      listener = new Listener();
      listener.onClose = (reason) => {
        listener.ended.push(reason);
        expect(opened.at(-1)?.isOpen).toBe(false);
        expect(say(opened.at(-1) as Connection, "4late")).toEqual([false]);
        opened.at(-1)?.[method]("transport error");
      };
      const { connection, link } = openWebSocket();
      connection[end]("forced close");
      link.end();
      expectGone(connection, "forced close");
      expect(link.messages).toEqual([]);
    }
  });

  it("may end others while everybody is flushed", () => {
    const [first, second, third] = [openWebSocket(), openWebSocket(), openWebSocket()];
    for (const { connection } of [first, second, third]) say(connection, "4a");
    first.link.onWrite = () => {
      second.connection.terminate("forced close");
      third.connection.close("forced close");
      say(first.connection, "4b");
    };
    host.clock.endTick();
    first.link.onWrite = null;
    host.clock.endTick();
    expect(first.link.messages).toEqual(["4a", "4b"]);
    expect([second.link.messages, second.link.endings]).toEqual([[], ["fail"]]);
    expect([third.link.messages, third.link.endings]).toEqual([["4a"], ["close"]]);
  });

  it("loses nothing that is sent while it is flushed, although it closes then", () => {
    const { connection, link } = openWebSocket();
    say(connection, "4a");
    link.onWrite = () => {
      link.onWrite = null;
      say(connection, "4b");
      connection.close("forced close");
    };
    host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([["4a"], []]);
    host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([["4a", "4b"], ["close"]]);
  });

  it("stays ended when it is terminated while it is flushed", () => {
    const { connection, link } = openWebSocket();
    say(connection, "4a");
    link.onWrite = () => connection.terminate("forced close");
    host.clock.endTick();
    expect(link.endings).toEqual(["fail"]);
    expectGone(connection, "forced close");
  });
});

describe("Connection.close over a WebSocket", () => {
  it("begins the closing handshake after what was sent before, and tells the listener at once", () => {
    const { connection, link } = openWebSocket();
    say(connection, "4bye");
    connection.close("forced close");
    expect([listener.ended, link.endings]).toEqual([["forced close"], []]);
    expect(say(connection, "4late")).toEqual([false]);
    host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([["4bye"], ["close"]]);
    expect(host.forgotten).toEqual([]);
    link.end();
    expectGone(connection, "forced close");
  });

  it("closes at once where nothing waits, and once however often it is called", () => {
    const { connection, link } = openWebSocket();
    connection.close("forced close");
    connection.close("server shutting down");
    host.clock.endTick();
    expect(link.endings).toEqual(["close"]);
    expect(listener.ended).toEqual(["forced close"]);
  });

  it("takes nothing that still comes in", () => {
    const { connection, link } = openWebSocket();
    connection.close("forced close");
    link.receive("4late");
    link.receive(new Uint8Array(1));
    link.receive("garbage");
    expect(listener.heard).toEqual([]);
    expect(listener.ended).toEqual(["forced close"]);
  });

  it("cuts off a peer that does not take part in the closing handshake", () => {
    const { connection, link } = openWebSocket();
    connection.close("forced close");
    host.clock.advance(408);
    expect(link.endings).toEqual(["close", "terminate"]);
    expectGone(connection, "forced close");
  });

  it("can be cut short", () => {
    const { connection, link } = openWebSocket();
    say(connection, "4bye");
    connection.close("forced close");
    connection.terminate("server shutting down");
    host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([[], ["fail"]]);
    expectGone(connection, "forced close");
  });

  it("ends a link that has died before the farewell", () => {
    const { connection, link } = openWebSocket();
    say(connection, "4bye");
    connection.close("forced close");
    link.end("error");
    expectGone(connection, "forced close");
    expect(link.messages).toEqual([]);
  });
});

describe("Connection.close over polling", () => {
  it("answers the poll that waits with the packets, and the next with the farewell alone", () => {
    const { connection } = openPolling();
    const exchange = poll(connection);
    say(connection, "4a", "4b");
    connection.close("forced close");
    expect(listener.ended).toEqual(["forced close"]);
    host.clock.endTick();
    expect(exchange.packets).toEqual(["4a", "4b"]);
    expect(host.forgotten).toEqual([]);
    host.clock.endTick();
    expect(poll(connection).packets).toEqual(["1"]);
    expectGone(connection, "forced close");
  });

  it("says farewell to a poll that waits when nothing else has to be sent first", () => {
    const { connection } = openPolling();
    const exchange = poll(connection);
    connection.close("forced close");
    host.clock.endTick();
    expect(exchange.responses.map(({ body }) => body)).toEqual(["1"]);
    expectGone(connection, "forced close");
  });

  it("keeps packets and farewell for a client whose poll is away", () => {
    const { connection } = openPolling();
    say(connection, "4a");
    connection.close("forced close");
    host.clock.advance(100);
    expect(poll(connection).packets).toEqual(["4a"]);
    host.clock.advance(100);
    expect(poll(connection).packets).toEqual(["1"]);
    expectGone(connection, "forced close");
  });

  it("forgets a client that does not fetch them", () => {
    const { connection } = openPolling();
    say(connection, "4a");
    connection.close("forced close");
    host.clock.advance(408);
    expectGone(connection, "forced close");
  });

  it("forgets a client whose poll breaks off", () => {
    const { connection } = openPolling();
    const exchange = poll(connection);
    connection.close("forced close");
    exchange.abort();
    expectGone(connection, "forced close");
  });

  it("forgets a client that says goodbye itself in that time", async () => {
    const { connection } = openPolling();
    say(connection, "4a");
    connection.close("forced close");
    await post(connection, "1");
    expectGone(connection, "forced close");
  });

  it("takes posts that were under way, so that their client does not take fright and miss its last packets", async () => {
    const { connection } = openPolling();
    say(connection, "4bye");
    connection.close("forced close");
    const exchange = await post(connection, "4late");
    expect([exchange.text, listener.heard]).toEqual(["ok", []]);
    expect(poll(connection).packets).toEqual(["4bye"]);
  });
});

describe("Connection.terminate", () => {
  it("lets a poll that waits go with a farewell, and drops what was to be sent", () => {
    const { connection } = openPolling();
    const exchange = poll(connection);
    say(connection, "4a");
    connection.terminate("forced close");
    expect(exchange.packets).toEqual(["1"]);
    expectGone(connection, "forced close");
    expect(exchange.responses).toHaveLength(1);
  });

  it("counts once", () => {
    const { connection, link } = openWebSocket();
    connection.terminate("forced close");
    connection.terminate("transport error");
    connection.close("transport error");
    link.end();
    expect(link.endings).toEqual(["fail"]);
    expectGone(connection, "forced close");
  });
});

describe("Connection over polling, with a client that breaks the rules", () => {
  it("ends at a second poll, and tells that one", () => {
    const { connection } = openPolling();
    const [first, second] = [poll(connection), poll(connection)];
    expect([second.status, first.packets]).toEqual([400, ["1"]]);
    expect(second.text).toBe('{"code":3,"message":"Overlapping requests"}');
    expectGone(connection, "overlapping requests");
  });

  it("ends at a second post", async () => {
    const { connection } = openPolling();
    const body = new SlowBody();
    const first = await post(connection, body.promise);
    const second = await post(connection, "4b");
    expect(second.status).toBe(400);
    body.arrive("4a");
    await settled();
    expect([first.status, listener.heard]).toEqual([400, []]);
    expectGone(connection, "overlapping requests");
  });

  it.each([
    ["parse error", "9", 400],
    ["too many packets", "4a\u001e4b\u001e4c\u001e4d", 400],
    ["payload too large", `4${"x".repeat(1000)}`, 413],
  ] as const)("ends with a %s", async (reason, body, status) => {
    const { connection } = openPolling();
    expect((await post(connection, body)).status).toBe(status);
    expectGone(connection, reason);
  });

  it("takes packets just within the limits", async () => {
    const { connection } = openPolling();
    expect((await post(connection, `4${"x".repeat(999)}`)).text).toBe("ok");
    expect((await post(connection, "4a\u001e4b\u001e4c")).text).toBe("ok");
    expect(listener.heard).toEqual(["x".repeat(999), "a", "b", "c"]);
    expect((await post(connection, `4${"x".repeat(1000)}`)).status).toBe(413);
  });

  it("ends when a body breaks off", async () => {
    const { connection } = openPolling();
    const body = new SlowBody();
    await post(connection, body.promise);
    body.breakOff();
    await settled();
    expectGone(connection, "transport error");
  });
});

describe("Connection, with a client that does not take what it is sent", () => {
  const large = new OutgoingPacket("451-", [new Uint8Array(2000)]);

  it("ends over a WebSocket when more than the limit has waited since before this tick", () => {
    const { connection, link } = openWebSocket();
    link.bufferedBytes = 1000;
    say(connection, "4a");
    host.clock.endTick();
    expect(link.messages).toEqual(["4a"]);
    link.bufferedBytes = 1001;
    say(connection, "4b");
    host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([["4a"], ["terminate"]]);
    expectGone(connection, "slow consumer");
  });

  it("ends over polling when more than the limit has waited since before this tick", () => {
    const { connection } = openPolling();
    connection.send(new OutgoingPacket(`4${"x".repeat(999)}`));
    host.clock.endTick();
    say(connection, "4");
    host.clock.endTick();
    expect(connection.isOpen).toBe(true);
    say(connection, "4a");
    host.clock.endTick();
    expectGone(connection, "slow consumer");
    expect(host.counters.closed["slow consumer"]).toBe(1);
  });

  it("finds out by its heartbeat at the latest, and frees what waited", () => {
    const { link } = openWebSocket();
    link.bufferedBytes = 5000;
    host.clock.advance(1020);
    expect(listener.ended).toEqual(["slow consumer"]);
    openPolling();
    opened[1]?.send(large);
    host.clock.endTick();
    opened[1]?.send(large);
    host.clock.advance(1020);
    expect(listener.ended).toEqual(["slow consumer", "slow consumer"]);
    expect(host.waiting).toBe(0);
  });

  it("does not mind any amount that is taken in time", () => {
    const { connection } = openPolling();
    for (let round = 0; round < 5; round += 1) {
      connection.send(large);
      host.clock.endTick();
      expect(poll(connection).packets).toHaveLength(2);
      say(connection, "4a");
      host.clock.endTick();
      expect(poll(connection).packets).toEqual(["4a"]);
    }
  });

  it("lets one large message be under way, and holds what else waits to the limit", () => {
    const { connection, link } = openWebSocket();
    connection.send(large);
    host.clock.endTick();
    for (const [bufferedBytes, isOpen] of [
      [2000, true],
      [1000 + large.size, true],
      [1001 + large.size, false],
    ] as const) {
      link.bufferedBytes = bufferedBytes;
      say(connection, "4a");
      host.clock.endTick();
      expect(connection.isOpen).toBe(isOpen);
    }
    expect(listener.ended).toEqual(["slow consumer"]);
  });

  it("forgets the large message when that is taken", () => {
    const { connection, link } = openWebSocket();
    connection.send(large);
    host.clock.endTick();
    link.bufferedBytes = 1000;
    say(connection, "4a");
    host.clock.endTick();
    link.bufferedBytes = 1001;
    say(connection, "4b");
    host.clock.endTick();
    expect(listener.ended).toEqual(["slow consumer"]);
  });

  it("drops and counts volatile packets as soon as anything waits, and sends the others", () => {
    const { connection, link } = openWebSocket();
    link.bufferedBytes = 1;
    const volatile = new OutgoingPacket("4v", [], { volatile: true });
    expect([connection.send(volatile), connection.send(volatile), say(connection, "4a")]).toEqual([
      false,
      false,
      [true],
    ]);
    host.clock.endTick();
    expect([link.messages, host.counters.volatileDropped]).toEqual([["4a"], 2]);
  });

  it("counts what waits over many ticks", () => {
    const { connection } = openPolling();
    let sent = 0;
    while (connection.isOpen && sent < 1000) {
      say(connection, `4${"x".repeat(199)}`);
      host.clock.endTick();
      sent += 1;
    }
    expect(sent).toBe(7);
    expectGone(connection, "slow consumer");
  });

  it("counts a packet of a few bytes as what it takes in memory", () => {
    const { connection } = openPolling();
    let sent = 0;
    while (connection.isOpen && sent < 1000) {
      say(connection, "4");
      host.clock.endTick();
      sent += 1;
    }
    expect(sent).toBe(8);
    expectGone(connection, "slow consumer");
  });

  it("does not mind any number of packets in one tick that are taken in time", () => {
    const { connection } = openPolling();
    say(connection, ...Array.from({ length: 1000 }, () => "4"));
    host.clock.endTick();
    say(connection, "4");
    host.clock.endTick();
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
    const { connection } = openPolling();
    const exchanges: FakeExchange[] = [];
    while (connection.isOpen && exchanges.length < 100) {
      say(connection, `4${"x".repeat(500)}`);
      exchanges.push(pollUnread(connection));
      host.clock.endTick();
    }
    expect(exchanges).toHaveLength(2);
    expect(listener.ended).toEqual(["slow consumer"]);
    expect(exchanges.map(({ isCut }) => isCut)).toEqual([true, false]);
    // The last one waited, and was told of the end. If the client does not take that either, it is cut off,
    // too.
    host.clock.advance(410);
    expect(exchanges.map(({ isCut }) => isCut)).toEqual([true, true]);
    expectGone(connection, "slow consumer");
  });

  it("lets a client that has polled slowly take a long answer while more gathers", () => {
    const { connection } = openPolling();
    connection.send(large);
    const exchange = pollUnread(connection);
    for (const text of ["a", "b", "c"]) {
      say(connection, `4${text}`);
      host.clock.advance(100);
    }
    exchange.take();
    expect(poll(connection).packets).toEqual(["4a", "4b", "4c"]);
    expect(connection.isOpen).toBe(true);
  });

  it("cuts off a client that has not taken the last answers some time after the connection has ended", () => {
    const { connection } = openPolling();
    connection.send(large);
    const exchange = pollUnread(connection);
    connection.terminate("forced close");
    expect([exchange.isCut, host.closeTimeouts.size]).toEqual([false, 1]);
    host.clock.advance(410);
    expect([exchange.isCut, host.waiting]).toEqual([true, 0]);
  });

  it("keeps nothing of an ended connection once its last answers have been taken", () => {
    const { connection } = openPolling();
    connection.send(large);
    const exchange = pollUnread(connection);
    connection.terminate("forced close");
    exchange.take();
    expect([exchange.isCut, host.waiting]).toEqual([false, 0]);
  });

  describe("and more of it than 16 KiB", () => {
    beforeEach(() => {
      host = new Host(1_000_000);
    });

    it("makes one write of what it is sent over many ticks, in order, once it has taken that", () => {
      const { connection, link } = openWebSocket();
      link.bufferedBytes = 16 * 1024 + 1;
      for (const text of ["4a", "4b", "4c"]) {
        say(connection, text);
        host.clock.endTick();
      }
      expect(link.writes).toEqual([]);
      host.clock.advance(100);
      expect(link.writes).toEqual([]);
      link.bufferedBytes = 16 * 1024;
      host.clock.advance(25);
      expect([link.messages, link.writes.length]).toEqual([["4a", "4b", "4c"], 1]);
      expect(host.retries.size).toBe(0);
    });

    it("ends when the packets held back weigh more than the limit", () => {
      const { connection, link } = openWebSocket();
      link.bufferedBytes = 20_000;
      let sent = 0;
      for (; connection.isOpen && sent < 100_000; sent += 1) {
        say(connection, "4");
        host.clock.endTick();
      }
      // Each counts for 160 bytes, and what the latest tick adds does not count yet.
      expect(sent).toBe((1_000_000 - 20_000) / 160 + 2);
      expectGone(connection, "slow consumer");
      expect(host.waiting).toBe(0);
    });

    it("gets what was held back before it is told to go", () => {
      const { connection, link } = openWebSocket();
      link.bufferedBytes = 20_000;
      say(connection, "4a");
      host.clock.endTick();
      connection.close("forced close");
      expect(link.endings).toEqual([]);
      link.bufferedBytes = 0;
      host.clock.advance(25);
      expect([link.messages, link.endings.length]).toEqual([["4a"], 1]);
    });

    it("resolves drained() when that has gone too", async () => {
      const { connection, link } = openWebSocket();
      link.bufferedBytes = 20_000;
      say(connection, "4a");
      host.clock.endTick();
      expect(connection.bufferedBytes).toBe(20_002);
      const drained = connection.drained();
      link.bufferedBytes = 0;
      host.clock.advance(50);
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
    const { connection, link } = openWebSocket();
    say(connection, "4abc");
    expect(connection.bufferedBytes).toBe(4);
    host.clock.endTick();
    expect(connection.bufferedBytes).toBe(0);
    link.bufferedBytes = 700;
    say(connection, "4abc");
    expect(connection.bufferedBytes).toBe(704);
  });

  it("resolves at once when nothing waits, and at the end of the tick when all could be written", async () => {
    const { connection } = openWebSocket();
    expect((await settle(connection.drained()))()).toBe(true);
    say(connection, "4a");
    const result = await settle(connection.drained());
    expect(result()).toBe("waits");
    host.clock.endTick();
    await settled();
    expect(result()).toBe(true);
    expect(host.drains.size).toBe(0);
  });

  it("resolves when a slow client has taken everything", async () => {
    const { connection, link } = openWebSocket();
    say(connection, "4a");
    const results = [await settle(connection.drained()), await settle(connection.drained())];
    link.bufferedBytes = 500;
    host.clock.advance(100);
    await settled();
    expect(results.map((result) => result())).toEqual(["waits", "waits"]);
    link.bufferedBytes = 0;
    host.clock.advance(25);
    await settled();
    expect(results.map((result) => result())).toEqual([true, true]);
    expect(host.drains.size).toBe(0);
  });

  it("resolves over polling when the packets have been fetched", async () => {
    const { connection } = openPolling();
    say(connection, "4a");
    const result = await settle(connection.drained());
    host.clock.advance(100);
    await settled();
    expect(result()).toBe("waits");
    poll(connection);
    await settled();
    expect(result()).toBe(true);
  });

  it("resolves to false when the connection ends, or has ended", async () => {
    const { connection, link } = openWebSocket();
    link.bufferedBytes = 500;
    const result = await settle(connection.drained());
    connection.terminate("transport error");
    await settled();
    expect(result()).toBe(false);
    expect(await connection.drained()).toBe(false);
    expect(host.waiting).toBe(0);
  });
});

describe("Connection's heartbeat", () => {
  it("asks a quiet client for a sign of life, and goes on while it answers", () => {
    const { connection, link } = openWebSocket();
    for (let round = 1; round <= 3; round += 1) {
      host.clock.advance(1020);
      expect(link.messages).toHaveLength(round);
      link.receive("3");
    }
    expect(new Set(link.messages)).toEqual(new Set(["2"]));
    expect(connection.isOpen).toBe(true);
    expect([host.pings.size, host.pongs.size]).toEqual([1, 0]);
  });

  it("asks a client that talks all the time just as often, since it waits for the question", () => {
    const { link } = openWebSocket();
    for (let time = 0; time < 3000; time += 100) {
      host.clock.advance(100);
      link.receive("4a");
    }
    expect(link.messages).toEqual(["2", "2", "2"]);
  });

  it("ends a client that does not answer", () => {
    const { connection, link } = openWebSocket();
    host.clock.advance(1499);
    expect(connection.isOpen).toBe(true);
    host.clock.advance(1);
    expect(link.endings).toEqual(["terminate"]);
    expectGone(connection, "ping timeout");
  });

  it.each<[string, (link: FakeLink) => void]>([
    ["a pong", (link) => link.receive("3")],
    ["a message", (link) => link.receive("4a")],
    ["bytes", (link) => link.receive(new Uint8Array(1))],
    ["a noop", (link) => link.receive("6")],
  ])("takes %s for a sign of life", (_, speak) => {
    const { connection, link } = openWebSocket();
    host.clock.advance(1020);
    speak(link);
    host.clock.advance(600);
    expect(connection.isOpen).toBe(true);
  });

  it("takes a post for a sign of life, and answers a poll with its question", async () => {
    const { connection } = openPolling();
    const exchange = poll(connection);
    host.clock.advance(1020);
    expect(exchange.packets).toEqual(["2"]);
    await post(connection, "3");
    host.clock.advance(600);
    expect(connection.isOpen).toBe(true);
  });

  it("ends a client that has stopped to poll, and one that polls without a word", () => {
    openPolling();
    host.clock.advance(1600);
    expectGone(opened[0] as Connection, "ping timeout");
    host = new Host();
    listener = new Listener();
    const { connection } = openPolling();
    host.clock.advance(1020);
    poll(connection);
    const waiting = poll(connection);
    host.clock.advance(600);
    expect(waiting.packets).toEqual(["1"]);
    expectGone(connection, "ping timeout");
  });

  it("does not blame a client whose answer waits to be read while the server stalls", () => {
    const { connection, link } = openWebSocket();
    host.clock.advance(1020);
    host.clock.stall(5000);
    host.clock.fireTimers();
    link.receive("3");
    host.clock.endTick();
    expect(connection.isOpen).toBe(true);
  });

  it("does not ask a connection that closes", () => {
    const { connection } = openPolling();
    connection.close("forced close");
    expect([host.pings.size, host.closeTimeouts.size]).toEqual([0, 1]);
  });
});

describe("Connection, upgrading", () => {
  /** Up to where the client has shown that its WebSocket works. */
  function probed() {
    const { connection } = openPolling();
    const link = beginUpgrade(connection);
    link.receive("2probe");
    expect(link.messages).toEqual(["3probe"]);
    link.writes.length = 0;
    return { connection, link };
  }

  it("moves to the WebSocket without losing or reordering a packet", async () => {
    const { connection } = openPolling();
    const waiting = poll(connection);
    const link = beginUpgrade(connection);
    expect(connection.canUpgrade).toBe(false);
    say(connection, "4a");
    host.clock.endTick();
    expect(waiting.packets).toEqual(["4a"]);
    link.receive("2probe");
    say(connection, "4b");
    const next = poll(connection);
    expect(next.packets).toEqual(["4b"]);
    say(connection, "4c");
    host.clock.endTick();
    await post(connection, "4from polling");
    expect(connection.transportName).toBe("polling");
    link.receive("5");
    expect(connection.transportName).toBe("websocket");
    link.receive("4from websocket");
    say(connection, "4d");
    host.clock.endTick();
    expect(link.messages).toEqual(["3probe", "4c", "4d"]);
    expect(listener.heard).toEqual(["from polling", "from websocket"]);
    expect([host.upgrades.size, host.pings.size]).toEqual([0, 1]);
  });

  it("answers the poll that waits at the probe with a noop, so that the client can change over", () => {
    const { connection } = openPolling();
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
    host.clock.advance(105);
    expect(last.packets).toEqual(["6"]);
  });

  it("answers a client that polls on after the probe once in 100 ms, not each time at once", () => {
    const { connection } = probed();
    let answered = 0;
    // Not as long as an upgrade may take.
    for (let time = 0; time < 290; ) {
      const waiting = poll(connection);
      for (; waiting.responses.length === 0 && time < 290; time += 1) host.clock.advance(1);
      answered += waiting.responses.length;
    }
    expect(answered).toBe(3);
  });

  it("hands a client that polls on after the probe its packets at the end of their tick", () => {
    const { connection } = probed();
    expect(poll(connection).packets).toEqual(["6"]);
    const waiting = poll(connection);
    say(connection, "4a");
    host.clock.endTick();
    expect(waiting.packets).toEqual(["4a"]);
  });

  it("answers no poll with a noop once the upgrade has failed", () => {
    const { connection, link } = probed();
    poll(connection);
    const waiting = poll(connection);
    link.end();
    host.clock.advance(200);
    expect(waiting.responses).toEqual([]);
    expect(host.pollEnds.size).toBe(0);
  });

  it("lets a poll go that waits for its moment when the client changes over", () => {
    const { connection, link } = probed();
    poll(connection);
    const waiting = poll(connection);
    link.receive("5");
    expect(waiting.packets).toEqual(["6"]);
    host.clock.advance(200);
    expect([waiting.responses.length, host.pollEnds.size]).toEqual([1, 0]);
  });

  it("answers a poll before the probe with nothing but packets", () => {
    const { connection } = openPolling();
    beginUpgrade(connection);
    const waiting = poll(connection);
    host.clock.endTick();
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
    expect([exchange.text, listener.heard]).toEqual(["ok", ["late"]]);
    expect(connection.isOpen).toBe(true);
  });

  it("is not ended by requests of the old transport that break off after the change", async () => {
    const { connection } = openPolling();
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
    expectGone(connection, "transport close");
  });

  it("goes on with polling when the WebSocket fails or is given up", () => {
    const fail: ((link: FakeLink) => void)[] = [
      (link) => link.end(),
      (link) => link.end("error"),
      (link) => link.receive("4too early"),
      () => host.clock.advance(306),
    ];
    for (const spoil of fail) {
      const { connection, link } = probed();
      spoil(link);
      expect(link.endings).toEqual(["terminate"]);
      expect([connection.isOpen, connection.transportName]).toEqual([true, "polling"]);
      expect([connection.canUpgrade, host.upgrades.size]).toEqual([true, 0]);
      const waiting = poll(connection);
      expect(waiting.responses).toEqual([]);
      say(connection, "4a");
      host.clock.endTick();
      expect(waiting.packets).toEqual(["4a"]);
    }
    expect(listener.heard).toEqual([]);
  });

  it("has no place for a second WebSocket, nor for any after the end", () => {
    const { connection } = openPolling();
    expect(connection.canUpgrade).toBe(true);
    const link = beginUpgrade(connection);
    expect(connection.canUpgrade).toBe(false);
    link.receive("2probe");
    link.receive("5");
    expect(connection.canUpgrade).toBe(false);
    const { connection: ended } = openPolling();
    ended.close("forced close");
    expect(ended.canUpgrade).toBe(false);
    ended.terminate("forced close");
    expect(ended.canUpgrade).toBe(false);
  });

  it.each([[[]], [["2probe"]]])("gives the WebSocket up when the connection is cut after %j", (said) => {
    const { connection } = openPolling();
    const link = beginUpgrade(connection);
    for (const text of said) link.receive(text);
    connection.terminate("forced close");
    link.receive("2probe");
    link.receive("5");
    expect([link.endings, connection.transportName]).toEqual([["terminate"], "polling"]);
    expectGone(connection, "forced close");
  });

  it("brings the last packets over the WebSocket when it closes while the client changes over", () => {
    const { connection, link } = probed();
    say(connection, "4bye");
    connection.close("forced close");
    host.clock.endTick();
    expect([link.messages, link.endings]).toEqual([[], []]);
    link.receive("5");
    expect([link.messages, link.endings]).toEqual([["4bye"], ["close"]]);
    link.end();
    expectGone(connection, "forced close");
  });

  it("brings the last packets over polling when the WebSocket fails after it was closed", () => {
    const { connection, link } = probed();
    say(connection, "4bye");
    connection.close("forced close");
    link.end();
    expect(poll(connection).packets).toEqual(["4bye"]);
    host.clock.endTick();
    expect(poll(connection).packets).toEqual(["1"]);
    expectGone(connection, "forced close");
  });

  it("gives the WebSocket up when its client has got its farewell over polling", () => {
    const { connection, link } = probed();
    connection.close("forced close");
    expect(poll(connection).packets).toEqual(["1"]);
    expect(link.endings).toEqual(["terminate"]);
    expectGone(connection, "forced close");
  });

  it("does not outlive the time for a farewell", () => {
    const { connection, link } = probed();
    connection.close("forced close");
    host.clock.advance(408);
    expect(link.endings).toEqual(["terminate"]);
    expectGone(connection, "forced close");
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
        host = new Host();
        const { connection } = openPolling();
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
            host.clock.advance(60);
            host.clock.endTick();
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
    host.trace.listen((event) => told.push(event.type));
    const { connection, link } = probed();
    link.receive("5");
    connection.close("forced close");
    link.end();
    expect(told).toEqual(["connection upgrade", "connection close"]);
  });
});

import { gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import type { Batch } from "../../../src/engine/outbox/batch.ts";
import { Outbox } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket, secretFlags } from "../../../src/engine/outbox/outgoing-packet.ts";
import { type PollingOptions, PollingTransport } from "../../../src/engine/transport/polling-transport.ts";
import type { TransportOwner } from "../../../src/engine/transport/transport.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FakeBody, FakeExchange, fakeRequest, SlowBody } from "../../support/fake-exchange.ts";
import { haveSameHiddenClass } from "../../support/hidden-class.ts";

class Owner implements TransportOwner {
  readonly heard: unknown[] = [];
  readonly meter = null;

  onText(text: string): void {
    this.heard.push(text);
  }

  onBinary(bytes: Uint8Array): void {
    this.heard.push([...bytes]);
  }

  onWritable(): void {
    this.heard.push("writable");
  }

  onTaken(): void {
    this.heard.push("taken");
  }

  onTransportClose(reason: string): void {
    this.heard.push({ reason });
  }
}

function setUp(options: Partial<PollingOptions> = {}) {
  const owner = new Owner();
  const transport = new PollingTransport(
    {
      maxPacketsPerPayload: 1000,
      maxHttpBufferSize: 1000,
      httpCompression: true,
      compressionThreshold: 100,
      responseHeaders: () => ({ vary: "Origin" }),
      ...options,
    },
    owner,
  );
  return { owner, transport };
}

const get = (headers = {}) => new FakeExchange(fakeRequest("/socket.io/?sid=x", { headers }));

const post = (body: FakeBody, headers = {}) =>
  new FakeExchange(fakeRequest("/socket.io/?sid=x", { method: "POST", headers }), body);

/** A poll whose client reads no answer until the test says so. */
const unreadGet = () => {
  const exchange = get();
  exchange.takesAtOnce = false;
  return exchange;
};

const hello = new OutgoingPacket("4hello");
const long = new OutgoingPacket(`4${"x".repeat(100)}`);
const overlapping = { code: 3, message: "Overlapping requests" };

describe("PollingTransport.bufferedBytes", () => {
  const large = new OutgoingPacket(`4${"x".repeat(9999)}`);

  it("counts an answer until its client has taken it", () => {
    const { transport } = setUp();
    const exchange = unreadGet();
    transport.poll(exchange);
    transport.send(large);
    expect(transport.bufferedBytes).toBe(10_000);
    exchange.take();
    expect(transport.bufferedBytes).toBe(0);
  });

  it("adds up the answers of a client that polls on without reading them", () => {
    const { transport } = setUp();
    const exchanges = [unreadGet(), unreadGet(), unreadGet()];
    for (const exchange of exchanges) {
      transport.poll(exchange);
      transport.send(large);
    }
    expect(transport.bufferedBytes).toBe(30_000);
    exchanges[1]?.take();
    expect(transport.bufferedBytes).toBe(20_000);
  });

  it("counts a short answer as what its request costs", () => {
    const { transport } = setUp();
    transport.poll(unreadGet());
    transport.send(hello);
    expect(transport.bufferedBytes).toBe(4096);
    expect(transport.congested).toBe(true);
  });

  it("counts nothing for a client that takes its answers", () => {
    const { transport } = setUp();
    transport.poll(get());
    transport.send(large);
    expect(transport.bufferedBytes).toBe(0);
  });

  it.each(["slow consumer", "ping timeout"] as const)("is cut off with the reason %s", (reason) => {
    const { transport } = setUp();
    const exchange = unreadGet();
    transport.poll(exchange);
    transport.send(large);
    transport.terminate(reason);
    expect(exchange.isCut).toBe(true);
    expect(transport.bufferedBytes).toBe(0);
  });

  it("waits on for its client where the connection ends otherwise, and tells when that has it", () => {
    const { owner, transport } = setUp();
    const exchange = unreadGet();
    transport.poll(exchange);
    transport.send(large);
    transport.terminate("transport close");
    expect(exchange.isCut).toBe(false);
    exchange.take();
    expect(owner.heard).toEqual(["writable", "taken"]);
  });
});

describe("PollingTransport.poll", () => {
  it("waits, and is answered with the packets that are sent", () => {
    const { owner, transport } = setUp();
    expect([transport.writable, transport.congested]).toEqual([false, true]);
    const exchange = get();
    transport.poll(exchange);
    expect(owner.heard).toEqual(["writable"]);
    expect([transport.writable, transport.congested]).toEqual([true, false]);
    expect(exchange.responses).toEqual([]);
    transport.send(hello);
    expect(exchange.responses).toEqual([
      {
        status: 200,
        headers: {
          vary: "Origin",
          "content-type": "text/plain; charset=utf-8",
          "cache-control": "no-store, no-transform",
          "x-content-type-options": "nosniff",
        },
        body: "4hello",
      },
    ]);
    expect([transport.writable, transport.congested]).toEqual([false, true]);
  });

  it("gives the header fields of its answers one hidden class", () => {
    const { transport } = setUp();
    // The first ones find the class.
    const fields = Array.from({ length: 20 }, () => {
      const exchange = get();
      transport.poll(exchange);
      transport.send(hello);
      return exchange.responses[0]?.headers ?? {};
    });
    for (const later of fields.slice(11)) {
      expect(later).toEqual(fields[10]);
      expect(haveSameHiddenClass(later, fields[10] ?? {})).toBe(true);
    }
  });

  it("is answered with all packets of a batch", () => {
    const { transport } = setUp();
    const exchange = get();
    transport.poll(exchange);
    const outbox = new Outbox(new FakeClock());
    const binary = new OutgoingPacket("451-", [new Uint8Array([1, 2, 3])]);
    transport.send(outbox.append(outbox.append(null, hello), binary));
    expect(exchange.packets).toEqual(["4hello", "451-", "bAQID"]);
  });

  it("carries the header fields of the first answer once", () => {
    const { transport } = setUp();
    const exchanges = [get(), get()] as const;
    transport.poll(exchanges[0], { "set-cookie": "io=x" });
    transport.send(hello);
    transport.poll(exchanges[1]);
    transport.send(hello);
    expect(exchanges.map(({ response }) => response?.headers["set-cookie"])).toEqual(["io=x", undefined]);
  });

  it("cannot be sent on while no poll waits", () => {
    const { transport } = setUp();
    expect(() => transport.send(hello)).toThrow("not writable");
  });

  it("refuses a second poll and ends the connection", () => {
    const { owner, transport } = setUp();
    const [first, second] = [get(), get()];
    transport.poll(first);
    transport.poll(second);
    expect([second.status, JSON.parse(second.text ?? "")]).toEqual([400, overlapping]);
    expect(second.response?.headers.vary).toBe("Origin");
    expect(owner.heard).toEqual(["writable", { reason: "overlapping requests" }]);
    transport.terminate("forced close");
    expect(first.packets).toEqual(["1"]);
  });

  it("ends the connection when the peer leaves while it waits", () => {
    const { owner, transport } = setUp();
    const exchange = get();
    transport.poll(exchange);
    exchange.abort();
    expect(owner.heard).toEqual(["writable", { reason: "transport error" }]);
    expect(transport.writable).toBe(false);
    transport.terminate("forced close");
    expect(exchange.responses).toEqual([]);
  });

  it("ends the connection when the peer had left before", () => {
    const { owner, transport } = setUp();
    const exchange = get();
    exchange.abort();
    transport.poll(exchange);
    expect(owner.heard).toContainEqual({ reason: "transport error" });
    expect(transport.writable).toBe(false);
  });

  it("ends the connection when the peer leaves before it got the whole answer: packets are lost", () => {
    const { owner, transport } = setUp();
    const [first, second] = [get(), get()];
    first.takesAtOnce = false;
    transport.poll(first);
    transport.send(hello);
    transport.poll(second);
    first.abort();
    expect(owner.heard).toEqual(["writable", "writable", { reason: "transport error" }]);
    expect(transport.writable).toBe(true);
  });
});

describe("PollingTransport, compressing", () => {
  const secret = new OutgoingPacket("40{}", [], secretFlags);
  const inBatch = (packets: readonly OutgoingPacket[]) => {
    const outbox = new Outbox(new FakeClock());
    return packets.reduce<Batch | null>((batch, packet) => outbox.append(batch, packet), null) as Batch;
  };
  const answered = (exchange: FakeExchange) => vi.waitFor(() => expect(exchange.responses).toHaveLength(1));

  it("compresses long answers for clients that can read that", async () => {
    const { transport } = setUp();
    const exchange = get({ "accept-encoding": "gzip, deflate" });
    transport.poll(exchange);
    transport.send(long);
    expect(transport.writable).toBe(false);
    await answered(exchange);
    expect(exchange.response?.headers).toEqual({
      vary: "Origin",
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-content-type-options": "nosniff",
      "content-encoding": "gzip",
    });
    expect(gunzipSync(exchange.response?.body ?? "").toString()).toBe(long.text);
  });

  it.each<[string, Partial<PollingOptions>, Record<string, string>, OutgoingPacket]>([
    ["short answers", {}, { "accept-encoding": "gzip" }, hello],
    ["for clients that do not ask for it", {}, {}, long],
    ["where it is switched off", { httpCompression: false }, { "accept-encoding": "gzip" }, long],
    [
      "packets that are not worth it",
      {},
      { "accept-encoding": "gzip" },
      new OutgoingPacket(long.text, [], { compress: false }),
    ],
  ])("does not compress %s", (_, options, headers, packet) => {
    const { transport } = setUp(options);
    const exchange = get(headers);
    transport.poll(exchange);
    transport.send(packet);
    expect(exchange.text).toBe(packet.text);
    expect(exchange.response?.headers).not.toHaveProperty("content-encoding");
  });

  it.each([
    ["first", [secret, long]],
    ["last", [long, secret]],
    ["alone", [new OutgoingPacket(long.text, [], secretFlags)]],
  ])("does not compress an answer that holds a secret %s", (_place, packets) => {
    const { transport } = setUp();
    const exchange = get({ "accept-encoding": "gzip, deflate" });
    transport.poll(exchange);
    transport.send(inBatch(packets));
    expect(exchange.text).toBe(packets.map(({ text }) => text).join("\u001e"));
    expect(exchange.response?.headers).not.toHaveProperty("content-encoding");
  });

  it("compresses the answer after it", async () => {
    const { transport } = setUp();
    transport.poll(get({ "accept-encoding": "gzip" }));
    transport.send(inBatch([secret, long]));
    const next = get({ "accept-encoding": "gzip" });
    transport.poll(next);
    transport.send(long);
    await answered(next);
    expect(next.response?.headers).toHaveProperty("content-encoding", "gzip");
  });

  it("still answers when the connection ends before that, once", async () => {
    const { transport } = setUp();
    const exchange = get({ "accept-encoding": "gzip" });
    transport.poll(exchange);
    transport.send(long);
    transport.terminate("forced close");
    await answered(exchange);
    expect(gunzipSync(exchange.response?.body ?? "").toString()).toBe(long.text);
  });

  it("ends the connection when the peer leaves before that", async () => {
    const { owner, transport } = setUp();
    const exchange = get({ "accept-encoding": "gzip" });
    transport.poll(exchange);
    transport.send(long);
    exchange.abort();
    await answered(exchange);
    expect(owner.heard).toEqual(["writable", { reason: "transport error" }]);
  });
});

describe("PollingTransport.post", () => {
  it("hands packets over in their order, and says ok", async () => {
    const { owner, transport } = setUp();
    const exchange = post("4a\u001ebAQID\u001e3\u001e1\u001e6\u001e4");
    await transport.post(exchange);
    expect(owner.heard).toEqual(["4a", [1, 2, 3], "3", "1", "6", "4"]);
    expect(exchange.text).toBe("ok");
    expect(exchange.response?.headers.vary).toBe("Origin");
  });

  it("reads one body after the other", async () => {
    const { owner, transport } = setUp();
    await transport.post(post("4a"));
    await transport.post(post("4b"));
    expect(owner.heard).toEqual(["4a", "4b"]);
  });

  it("leaves a poll that waits alone", async () => {
    const { transport } = setUp();
    const poll = get();
    transport.poll(poll);
    await transport.post(post("4a"));
    expect(poll.responses).toEqual([]);
    expect(transport.writable).toBe(true);
  });

  it("refuses a second post while the first is read, and ends the connection", async () => {
    const { owner, transport } = setUp();
    const body = new SlowBody();
    const [first, second] = [post(body.promise), post("4b")];
    const reading = transport.post(first);
    await transport.post(second);
    expect([second.status, JSON.parse(second.text ?? "")]).toEqual([400, overlapping]);
    expect(owner.heard).toEqual([{ reason: "overlapping requests" }]);
    body.arrive("4a");
    await reading;
    expect(first.text).toBe("ok");
  });

  it("reads the next body after one that broke off", async () => {
    const { owner, transport } = setUp();
    await transport.post(post(Promise.reject(new Error("aborted"))));
    await transport.post(post("4b"));
    expect(owner.heard).toEqual([{ reason: "transport error" }, "4b"]);
  });

  it("leaves no request waiting when a body cannot be read", async () => {
    const { transport } = setUp();
    const exchange = post(Promise.reject(new Error("aborted")));
    await transport.post(exchange);
    expect(exchange.status).toBe(400);
  });

  it("refuses a body that is too large, and ends the connection", async () => {
    const { owner, transport } = setUp();
    const exchange = post(`4${"x".repeat(1000)}`);
    await transport.post(exchange);
    expect(exchange.status).toBe(413);
    expect(exchange.response?.headers.connection).toBe("close");
    expect(owner.heard).toEqual([{ reason: "payload too large" }]);
  });

  it("takes a body that is just as large as allowed", async () => {
    const { owner, transport } = setUp();
    await transport.post(post(`4${"x".repeat(999)}`));
    expect(owner.heard).toHaveLength(1);
  });

  it.each([
    ["nothing", ""],
    ["an unknown type", "9"],
    ["an empty packet", "4a\u001e"],
    ["a bad packet behind good ones", "4a\u001e4b\u001eb!!"],
    ["nothing but separators", "\u001e".repeat(1000)],
    ["no UTF-8", Buffer.from([0x34, 0xff])],
    ["half a character", Buffer.from([0x34, 0xe4, 0xb8])],
    ["a byte order mark", Buffer.from([0xef, 0xbb, 0xbf, 0x34])],
  ])("refuses %s, and ends the connection before a packet of it was taken", async (_, body) => {
    const { owner, transport } = setUp();
    const exchange = post(body);
    await transport.post(exchange);
    expect(exchange.status).toBe(400);
    expect(owner.heard).toEqual([{ reason: "parse error" }]);
  });

  it("refuses the binary form of an older protocol", async () => {
    const { owner, transport } = setUp();
    const exchange = post("4a", { "content-type": "application/octet-stream" });
    await transport.post(exchange);
    expect([exchange.status, owner.heard]).toEqual([400, []]);
  });
});

describe("PollingTransport, ending", () => {
  it("says goodbye with a packet", () => {
    expect(setUp().transport.farewell).toBe("1");
  });

  it("tells a poll that waits of the end", () => {
    const { transport } = setUp();
    const exchange = get();
    transport.poll(exchange);
    transport.terminate("forced close");
    transport.terminate("forced close");
    expect(exchange.responses.map(({ body }) => body)).toEqual(["1"]);
  });

  it("is gone when it is closed", () => {
    const { owner, transport } = setUp();
    transport.close();
    expect(owner.heard).toEqual([{ reason: "transport close" }]);
  });

  it("lets a poll that waits go when the connection has another transport", () => {
    const { transport } = setUp();
    const exchange = get();
    transport.poll(exchange);
    transport.discard();
    expect(exchange.packets).toEqual(["6"]);
  });

  it("no longer ends the connection once that has another transport", async () => {
    const { owner, transport } = setUp();
    const body = new SlowBody();
    const poll = get();
    transport.poll(poll);
    const reading = transport.post(post(body.promise));
    transport.discard();
    poll.abort();
    body.breakOff();
    await reading;
    expect(owner.heard).toEqual(["writable"]);
  });
});

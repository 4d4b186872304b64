import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/time/clock.ts";
import { Outbox } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import { DeflatedTransport, webSocketTransport } from "../../../src/engine/transport/deflated-transport.ts";
import { sentBytes } from "../../../src/engine/transport/traffic.ts";
import type { TransportOwner } from "../../../src/engine/transport/transport.ts";
import { WebSocketTransport } from "../../../src/engine/transport/websocket-transport.ts";
import { DeflateQueue, Deflater } from "../../../src/websocket/deflater.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { serverFrames } from "../../support/server-frames.ts";
import { soon } from "../../support/waiting.ts";

const long = "a text that compresses well, ".repeat(100);
const veryLong = long.repeat(10);

class DeflatingLink extends FakeLink {
  readonly deflater: Deflater;

  constructor(deflater: Deflater) {
    super();
    this.deflater = deflater;
  }

  /** What was written, with a sign before what was compressed. */
  get texts(): string[] {
    return serverFrames(this.writes).map(({ isCompressed, text }) => (isCompressed ? `~${text}` : text));
  }
}

function setUp(count = 1) {
  const deflater = new Deflater(1024, { level: 6, windowBits: 15 }, new DeflateQueue(systemClock.atTickEnd));
  const sent: number[] = [];
  return Array.from({ length: count }, () => {
    const link = new DeflatingLink(deflater);
    const heard: string[] = [];
    const owner = {
      meter: { onSent: (_: string, bytes: number) => sent.push(bytes) },
      onWritable: () => heard.push(`writable: ${link.writes.length}`),
      onTransportClose: (reason: string) => heard.push(reason),
    } as unknown as TransportOwner;
    const transport = webSocketTransport(link, owner);
    link.listener = transport;
    return { link, transport, heard, sent };
  });
}

type Parts = ReturnType<typeof setUp>[number];

const only = (parts: readonly Parts[]): Parts => parts[0] ?? expect.fail();

const packet = (text: string) => new OutgoingPacket(`4${text}`);

describe("a transport on a WebSocket that compresses", () => {
  it("is another than that on one that does not", () => {
    expect(only(setUp()).transport).toBeInstanceOf(DeflatedTransport);
    const plain = webSocketTransport(new FakeLink(), {} as TransportOwner);
    expect(plain).not.toBeInstanceOf(DeflatedTransport);
    expect(plain).toBeInstanceOf(WebSocketTransport);
  });

  it("writes short messages in the order of their sending, and can always be written to", () => {
    const { link, transport, heard } = only(setUp());
    for (const text of ["a", long, "b"]) {
      transport.send(packet(text));
      expect([transport.writable, transport.congested, transport.bufferedBytes]).toEqual([true, false, 0]);
    }
    expect(link.texts).toEqual(["4a", `~4${long}`, "4b"]);
    expect(heard).toEqual([]);
  });

  it("counts bytes before compression", () => {
    const { transport, sent } = only(setUp());
    transport.send(packet(long));
    expect(sent).toEqual([sentBytes(long.length + 1)]);
  });

  it("takes nothing more while a batch is compressed, counts it as waiting, and asks for more after it", async () => {
    const { link, transport, heard } = only(setUp());
    transport.send(packet(veryLong));
    expect([transport.writable, transport.congested, transport.bufferedBytes]).toEqual([
      false,
      true,
      veryLong.length + 1,
    ]);
    expect(link.writes).toEqual([]);
    await soon(() => heard).toEqual(["writable: 1"]);
    expect(link.texts).toEqual([`~4${veryLong}`]);
    expect([transport.writable, transport.congested, transport.bufferedBytes]).toEqual([true, false, 0]);
  });

  it("writes the same bytes as all that get the same", async () => {
    const parts = setUp(3);
    const news = packet(veryLong);
    news.isShared = true;
    const outbox = new Outbox(systemClock);
    const short = packet(long);
    short.isShared = true;
    for (const { transport } of parts) transport.send(outbox.append(outbox.append(null, short), news));
    await soon(() => parts.map(({ heard }) => heard.length)).toEqual([1, 1, 1]);
    const [first, ...others] = parts.map(({ link }) => link.writes[0]);
    for (const other of others) expect(other).toBe(first);
  });

  it("closes after what was sent before", async () => {
    const { link, transport, heard } = only(setUp());
    transport.send(packet(veryLong));
    transport.close("server shutting down", "server shutting down");
    expect(link.endings).toEqual([]);
    await soon(() => link.endings).toEqual(["close"]);
    expect(link.texts).toEqual([`~4${veryLong}`]);
    expect(link.told?.reason).toBe("server shutting down");
    expect(heard).toEqual([]);
    transport.close("server shutting down", "");
    expect(link.endings).toEqual(["close", "close"]);
  });

  it("ends at once, and then writes nothing", async () => {
    const [ended, other] = setUp(2);
    if (ended === undefined || other === undefined) expect.fail();
    const news = packet(veryLong);
    news.isShared = true;
    for (const { transport } of [ended, other]) transport.send(news);
    ended.transport.close("server shutting down", "");
    ended.transport.terminate("ping timeout");
    expect(ended.transport.bufferedBytes).toBe(0);
    await soon(() => other.heard).toEqual(["writable: 1"]);
    expect(ended.link.writes).toEqual([]);
    expect(ended.link.endings).toEqual(["terminate"]);
  });
});

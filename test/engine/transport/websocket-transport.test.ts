import { describe, expect, it } from "vitest";
import { Outbox } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket, secretFlags } from "../../../src/engine/outbox/outgoing-packet.ts";
import type { TransportOwner } from "../../../src/engine/transport/transport.ts";
import { WebSocketTransport } from "../../../src/engine/transport/websocket-transport.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeLink } from "../../support/fake-link.ts";

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

function setUp(takesFrames = true) {
  const link = new FakeLink({ takesFrames });
  const owner = new Owner();
  const transport = new WebSocketTransport(link, owner);
  link.listener = transport;
  return { link, owner, transport };
}

const outbox = new Outbox(new FakeClock());
const attachment = new Uint8Array([1, 2, 3]);
const packets = [
  new OutgoingPacket("4a", [], { compress: false }),
  new OutgoingPacket("451-b", [attachment]),
] as const;
for (const packet of packets) packet.isShared = true;
const batch = outbox.append(outbox.append(null, packets[0]), packets[1]);

describe("WebSocketTransport", () => {
  it("can always be written to, and needs no packet to say goodbye", () => {
    const { transport } = setUp();
    expect([transport.name, transport.writable, transport.farewell]).toEqual(["websocket", true, null]);
  });

  it("is congested while bytes wait to be sent", () => {
    const { link, transport } = setUp();
    expect([transport.congested, transport.bufferedBytes]).toEqual([false, 0]);
    link.bufferedBytes = 1;
    expect([transport.congested, transport.bufferedBytes]).toEqual([true, 1]);
  });

  it("hands a link the frames of the whole batch in one write", () => {
    const { link, transport } = setUp();
    transport.send(batch);
    expect(link.writes).toEqual([batch.frames]);
    expect(link.messages).toEqual(["4a", "451-b", Buffer.from(attachment)]);
  });

  it("hands all links the same bytes", () => {
    const links = [setUp(), setUp()].map(({ link, transport }) => {
      transport.send(batch);
      return link;
    });
    expect(links[0]?.writes[0]?.[0]).toBe(links[1]?.writes[0]?.[0]);
  });

  it("hands a link that frames by itself the messages of the whole batch at once, with what may be compressed", () => {
    const { link, transport } = setUp(false);
    transport.send(batch);
    expect(link.writes).toEqual([]);
    expect(link.sent).toEqual([
      [
        { data: "4a", compress: false },
        { data: "451-b", compress: true },
        { data: attachment, compress: true },
      ],
    ]);
  });

  it("has no secret compressed, whatever stands beside it", () => {
    const { link, transport } = setUp(false);
    const secret = new OutgoingPacket("40{}", [attachment], secretFlags);
    transport.send(outbox.append(outbox.append(null, secret), packets[1]));
    expect(link.sent).toEqual([
      [
        { data: "40{}", compress: false },
        { data: attachment, compress: false },
        { data: "451-b", compress: true },
        { data: attachment, compress: true },
      ],
    ]);
  });

  it("tells its owner what comes in, and after a change the new one alone", () => {
    const { link, owner, transport } = setUp();
    link.receive("4a");
    link.receive(attachment);
    const next = new Owner();
    transport.owner = next;
    link.receive("4b");
    link.end();
    expect(owner.heard).toEqual(["4a", [1, 2, 3]]);
    expect(next.heard).toEqual(["4b", { reason: "transport close" }]);
  });

  it.each([
    ["closed", "transport close"],
    ["error", "transport error"],
    ["too large", "payload too large"],
    ["too many fragments", "too many fragments"],
  ] as const)("tells the end of a link that is %s as %s", (cause, reason) => {
    const { link, owner } = setUp();
    link.end(cause);
    expect(owner.heard).toEqual([{ reason }]);
  });

  it("closes with the closing handshake, and says why", () => {
    const { link, transport } = setUp();
    transport.close("server shutting down");
    expect([link.endings, link.told]).toEqual([["close"], { code: 1001, reason: "server shutting down" }]);
  });

  it("says why it terminates where a peer is left to hear it", () => {
    const { link, transport } = setUp();
    transport.terminate("too many attachments");
    expect([link.endings, link.told]).toEqual([["fail"], { code: 1008, reason: "too many attachments" }]);
    const other = setUp();
    other.transport.terminate("ping timeout");
    expect([other.link.endings, other.link.told]).toEqual([["terminate"], null]);
  });
});

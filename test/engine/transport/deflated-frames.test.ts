import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/time/clock.ts";
import { Outbox } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket, secretFlags } from "../../../src/engine/outbox/outgoing-packet.ts";
import type { Frames } from "../../../src/engine/ports.ts";
import { base64Format } from "../../../src/engine/transport/base64-format.ts";
import { DeflatedFrames, FramesInWork } from "../../../src/engine/transport/deflated-frames.ts";
import { eio3BinaryFormat, eio3TextFormat } from "../../../src/engine/transport/eio3-wire-format.ts";
import { wireForm } from "../../../src/engine/transport/wire-format.ts";
import { DeflateQueue, Deflater, longMessage } from "../../../src/websocket/deflater.ts";
import { serverFrames } from "../../support/server-frames.ts";
import { soon } from "../../support/waiting.ts";

const long = "a text that compresses well, ".repeat(100);
const veryLong = long.repeat(10);
const bytes = new Uint8Array(Buffer.alloc(2000, 7));

function start(threshold = 1024) {
  const queue = new DeflateQueue(systemClock.atTickEnd);
  const calls: number[] = [];
  const deflater = new (class extends Deflater {
    override deflate(...given: Parameters<Deflater["deflate"]>): Uint8Array | null {
      calls.push(given[1].length);
      return super.deflate(...given);
    }
  })(threshold, { level: 6, windowBits: 15 }, queue);
  return { frames: DeflatedFrames.of(deflater), deflater, calls };
}

function shared(...given: ConstructorParameters<typeof OutgoingPacket>): OutgoingPacket {
  const packet = new OutgoingPacket(...given);
  packet.isShared = true;
  return packet;
}

/** The frames, which must be there. */
function ready(frames: Frames | FramesInWork): Frames {
  if (frames instanceof FramesInWork) throw new Error("they are not done");
  return frames;
}

const summary = (frames: Frames | FramesInWork) =>
  serverFrames(ready(frames)).map(({ text, isCompressed }) => (isCompressed ? `~${text}` : text));

describe("compressed frames", () => {
  it("are made of long messages, and short ones stay as they are", () => {
    const { frames, calls } = start();
    expect(summary(frames.framesOf(new OutgoingPacket("4short"), wireForm))).toEqual(["4short"]);
    expect(summary(frames.framesOf(new OutgoingPacket(`4${long}`), wireForm))).toEqual([`~4${long}`]);
    expect(calls).toEqual([long.length + 1]);
  });

  it("count the bytes of a message, not its characters", () => {
    const { frames } = start(30);
    expect(summary(frames.framesOf(new OutgoingPacket(`4${"文".repeat(10)}`), wireForm))[0]).toMatch(/^~/);
    expect(summary(frames.framesOf(new OutgoingPacket(`4${"x".repeat(28)}`), wireForm))[0]).toMatch(/^4/);
    expect(summary(frames.framesOf(new OutgoingPacket(`4${"x".repeat(29)}`), wireForm))[0]).toMatch(/^~/);
  });

  it("are the same for all that get the packet", () => {
    const { frames, calls } = start();
    const packet = shared(`4${long}`);
    const first = frames.framesOf(packet, wireForm);
    expect(frames.framesOf(packet, wireForm)).toBe(first);
    expect(calls).toHaveLength(1);
  });

  it("are the same for all that get the same packets in one tick", () => {
    const { frames, calls } = start();
    const outbox = new Outbox(systemClock);
    const packets = [shared(`4${long}1`), shared("4short"), shared(`4${long}2`)];
    const batches = [1, 2].map(() => {
      let batch = outbox.append(null, packets[0] ?? packetOf(""));
      for (const packet of packets.slice(1)) batch = outbox.append(batch, packet);
      return batch;
    });
    const [one, other] = batches.map((batch) => ready(frames.framesOf(batch, wireForm)));
    expect(other).toBe(one);
    expect(calls).toHaveLength(2);
    expect(summary(one ?? "")).toEqual([`~4${long}1`, "4short", `~4${long}2`]);
  });

  it("share each packet also where other packets are for one connection alone", () => {
    const { frames, calls } = start();
    const outbox = new Outbox(systemClock);
    const news = shared(`4${long}`);
    const found = ["a", "b"].map((own) => {
      const batch = outbox.append(outbox.append(null, packetOf(`4${own}`)), news);
      return summary(frames.framesOf(batch, wireForm));
    });
    expect(found).toEqual([
      ["4a", `~4${long}`],
      ["4b", `~4${long}`],
    ]);
    expect(calls).toHaveLength(1);
  });

  it("leave secrets, and packets that are not to be compressed, as they are", () => {
    const { frames, calls } = start();
    const packets = [
      new OutgoingPacket(`4${long}`, [], { compress: false }),
      new OutgoingPacket(`0${long}`, [], secretFlags),
    ];
    const outbox = new Outbox(systemClock);
    const both = packets.reduce<ReturnType<Outbox["append"]> | null>(
      (batch, packet) => outbox.append(batch, packet),
      null,
    );
    for (const packet of packets) expect(summary(frames.framesOf(packet, wireForm))).toEqual([packet.text]);
    expect(summary(frames.framesOf(both ?? packetOf(""), wireForm))).toEqual([`4${long}`, `0${long}`]);
    expect(calls).toEqual([]);
  });

  it("compress binary messages as each form has them, once for each form", () => {
    const { frames, calls } = start();
    const packet = shared('451-["x",{"_placeholder":true,"num":0}]', [bytes]);
    const hex = Buffer.from(bytes).toString("hex");
    const base64 = Buffer.from(bytes).toString("base64");
    const expected = [
      [wireForm, `~${hex}`],
      [base64Format, `~b${base64}`],
      [eio3BinaryFormat, `~04${hex}`],
      [eio3TextFormat, `~b4${base64}`],
    ] as const;
    for (const [form, message] of [...expected, ...expected])
      expect(summary(frames.framesOf(packet, form))).toEqual([packet.text, message]);
    expect(calls).toHaveLength(4);
  });

  it("of text are the same in all forms", () => {
    const { frames, calls } = start();
    const packet = shared(`4${long}`);
    const found = [wireForm, base64Format, eio3TextFormat].map((form) => frames.framesOf(packet, form));
    expect(new Set(found).size).toBe(1);
    expect(calls).toHaveLength(1);
  });

  it("come later where a message is long, once for all that wait, in the order of their asking", async () => {
    const { frames, calls } = start();
    const packet = shared(`4${veryLong}`);
    const work = frames.framesOf(packet, wireForm);
    const again = frames.framesOf(packet, wireForm);
    expect(again).toBe(work);
    const heard: { name: string; frames: Frames }[] = [];
    for (const [index, each] of [work, again].entries())
      if (each instanceof FramesInWork) each.wait((done) => heard.push({ name: `${index}`, frames: done }));
    await soon(() => heard.map(({ name }) => name)).toEqual(["0", "1"]);
    expect(heard[0]?.frames).toBe(heard[1]?.frames);
    expect(summary(heard[0]?.frames ?? "")).toEqual([`~4${veryLong}`]);
    expect(frames.framesOf(packet, wireForm)).toBe(heard[0]?.frames);
    expect(calls).toHaveLength(1);
    expect(veryLong.length).toBeGreaterThan(longMessage);
  });

  it("come in the order of their packets, whichever is done first", async () => {
    const { frames } = start();
    const outbox = new Outbox(systemClock);
    const texts = [veryLong, "short", veryLong.slice(0, 17_000), long, veryLong];
    const batch = texts.reduce<ReturnType<Outbox["append"]> | null>(
      (before, text) => outbox.append(before, shared(`4${text}`)),
      null,
    );
    const work = frames.framesOf(batch ?? packetOf(""), wireForm);
    let done: Frames | null = null;
    if (work instanceof FramesInWork)
      work.wait((found) => {
        done = found;
      });
    expect(done).toBeNull();
    await soon(() => (done === null ? [] : serverFrames(done)).map(({ text }) => text)).toEqual(
      texts.map((text) => `4${text}`),
    );
  });
});

function packetOf(text: string): OutgoingPacket {
  return new OutgoingPacket(text);
}

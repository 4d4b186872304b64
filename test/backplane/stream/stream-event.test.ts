import { describe, expect, it } from "vitest";
import {
  encodeEntry,
  encodePassed,
  isLossMarker,
  lossMarker,
  readEntry,
  readHeard,
  readPair,
  readPassed,
} from "../../../src/backplane/stream/stream-event.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";

const target = { namespace: "/chat", sid: null, rooms: ["röd", "blue"], skip: ["sid"] };
const event = encodeEvent("/chat", ["said", "ö: 1", Buffer.from([1, 2, 3])]);
const sent = { target, event, compress: false };

function published(epoch: string, number: number | string, message: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`e${epoch}:${number}:`), message]);
}

describe("an event in a broker", () => {
  it("is read as it was sent, with its offset, its node and its id", () => {
    const message = encodeEntry("node-1", 17, sent);
    const entry = readEntry({ offset: 5, message });
    expect(entry).toMatchObject({ offset: 5, origin: "node-1", id: 17, target, compress: false });
    expect([entry?.event.prefix, entry?.event.body]).toEqual([event.prefix, event.body]);
    expect(entry?.event.attachments.map((bytes) => [...bytes])).toEqual([[1, 2, 3]]);
  });

  it("is heard with its epoch and the channel on which it came", () => {
    const bytes = published("k3x", 9_007_199_254_740_000, encodeEntry("node-1", 17, sent));
    const heard = readHeard("app{%2Fchat}:b", bytes);
    expect(heard).toMatchObject({ epoch: "k3x", channel: "app{%2Fchat}:b", size: bytes.length });
    expect(heard?.entry).toMatchObject({ offset: 9_007_199_254_740_000, id: 17 });
  });

  it("is none with an offset that no broker gives", () => {
    const message = encodeEntry("node-1", 17, sent);
    for (const offset of ["", "0", "-1", "1.5", "x", "9007199254740993"]) {
      expect(readHeard("c", published("e", offset, message))).toBeNull();
    }
    expect(readEntry({ offset: 0, message })).toBeNull();
  });

  it("is none when its bytes are something else", () => {
    for (const bytes of [new Uint8Array(), Buffer.from("nothing"), encodePassed(passed())]) {
      expect(readEntry({ offset: 1, message: bytes })).toBeNull();
      expect(readHeard("c", published("e", 1, bytes))).toBeNull();
    }
    expect(readHeard("c", Buffer.from("e"))).toBeNull();
  });

  it("is told from a loss marker, which is read as one", () => {
    const message = encodeEntry("node-1", 18, { target, event: lossMarker, compress: true });
    const marker = readEntry({ offset: 6, message });
    expect(marker !== null && isLossMarker(marker)).toBe(true);
    expect(isLossMarker(sent)).toBe(false);
    // An event always has a name, so none looks like a marker.
    expect(encodeEvent("/", ["x"]).body).not.toBe(lossMarker.body);
  });
});

function passed() {
  return { origin: "node-1", after: 42, message: Buffer.from("1:2:ö") };
}

describe("other messages", () => {
  it("that were passed are read as they were sent, colons included", () => {
    const read = readPassed(encodePassed(passed()));
    expect([read.origin, read.after]).toEqual(["node-1", 42]);
    expect(Buffer.from(read.message).toString()).toBe("1:2:ö");
  });

  it("with two parts are parted at the first colon", () => {
    expect(readPair(Buffer.from("x3:a:b"))).toEqual(["3", "a:b"]);
    expect(readPair(Buffer.from("f281474976710655:7"))).toEqual(["281474976710655", "7"]);
  });
});

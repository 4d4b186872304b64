import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type FrameListener, FrameReader } from "../../src/websocket/frame-reader.ts";
import { compareReaders, readAsRoomcast } from "../fuzz/frame-comparison.ts";

const maxLength = 1000;

function setUp(inflates = false) {
  const events: unknown[] = [];
  const listener: FrameListener = {
    onText: (text) => events.push(text),
    onBinary: (bytes) => events.push([...bytes]),
    onPing: (payload) => events.push({ ping: String(payload) }),
    onCloseFrame: (code) => events.push({ close: code }),
    onViolation: (code) => events.push({ violation: code }),
  };
  const reader = new FrameReader(listener, maxLength, 10, inflates);
  return { events, reader };
}

/** A frame of a client: masked, as RFC 6455 §5.3 wants it. */
function frame(first: number, payload: string | readonly number[], claimed?: number): Buffer {
  const bytes = Buffer.from(payload as string);
  const length = claimed ?? bytes.length;
  const header = length < 126 ? [first, 0x80 | length] : [first, 0x80 | 126, length >> 8, length & 0xff];
  const mask = [0x37, 0xfa, 0x21, 0x3d];
  return Buffer.from([...header, ...mask, ...bytes.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

describe("FrameReader", () => {
  it("reads the masked message of RFC 6455 §5.7", () => {
    const { events, reader } = setUp();
    reader.read(Buffer.from([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]));
    expect(events).toEqual(["Hello"]);
  });

  it("reads several messages from one chunk, and one message from many", () => {
    const { events, reader } = setUp();
    const bytes = Buffer.concat([frame(0x81, "one"), frame(0x81, "zwölf"), frame(0x82, [1, 2])]);
    reader.read(Buffer.from(bytes));
    for (const byte of bytes) reader.read(Buffer.from([byte]));
    expect(events).toEqual(["one", "zwölf", [1, 2], "one", "zwölf", [1, 2]]);
  });

  it("joins fragments, with control frames between them, and characters cut in two", () => {
    const { events, reader } = setUp();
    const [head, tail] = [[0x61, 0xc3], [0xa9]] as const;
    reader.read(
      Buffer.concat([frame(0x01, head), frame(0x89, "still there?"), frame(0x00, []), frame(0x80, tail)]),
    );
    expect(events).toEqual([{ ping: "still there?" }, "aé"]);
  });

  it.each([
    ["a reserved bit", frame(0xc1, "a"), 1002],
    ["an unknown type", frame(0x83, "a"), 1002],
    ["a message without a mask", Buffer.from([0x81, 0x01, 0x61]), 1002],
    ["a continuation of nothing", frame(0x80, "a"), 1002],
    ["a message within a message", Buffer.concat([frame(0x01, "a"), frame(0x81, "b")]), 1002],
    ["a ping in fragments", frame(0x09, "a"), 1002],
    ["a long ping", frame(0x89, "a".repeat(126)), 1002],
    ["half a close code", frame(0x88, [3]), 1002],
    ["a close code that no peer may send", frame(0x88, [0x03, 0xed]), 1002],
    ["text that is no UTF-8", frame(0x81, [0xff]), 1007],
    ["a reason that is no UTF-8", frame(0x88, [0x03, 0xe8, 0xff]), 1007],
    ["a message that is too long", frame(0x82, Buffer.alloc(maxLength + 1) as unknown as number[]), 1009],
    [
      "fragments that are too long together",
      Buffer.concat([frame(0x02, "a".repeat(600)), frame(0x80, "a".repeat(600))]),
      1009,
    ],
  ])("refuses %s, and reads nothing that follows", (_, bytes, code) => {
    const { events, reader } = setUp();
    reader.read(Buffer.concat([bytes, frame(0x81, "more")]));
    reader.read(frame(0x81, "more"));
    expect(events).toEqual([{ violation: code }]);
  });

  it("refuses a message that is too long when its length is known, before it has come", () => {
    const { events, reader } = setUp();
    reader.read(frame(0x81, [], maxLength + 1).subarray(0, 4));
    expect(events).toEqual([{ violation: 1009 }]);
  });

  it("tells the code of a close frame, and reads nothing that follows", () => {
    for (const [payload, code] of [
      [[], undefined],
      [[0x03, 0xe8], 1000],
      [[0x0f, 0xa1], 4001],
    ] as const) {
      const { events, reader } = setUp();
      reader.read(Buffer.concat([frame(0x88, payload), frame(0x81, "more")]));
      expect(events).toEqual([{ close: code }]);
    }
  });

  it("stops in the middle of a chunk when its listener wants no more", () => {
    const texts: string[] = [];
    const reader: FrameReader = new FrameReader(
      {
        onText: (text) => {
          texts.push(text);
          reader.stop();
        },
        onBinary() {},
        onPing() {},
        onCloseFrame() {},
        onViolation() {},
      },
      maxLength,
    );
    reader.read(Buffer.concat([frame(0x81, "last"), frame(0x81, "more")]));
    expect(texts).toEqual(["last"]);
  });

  it("does not keep the beginning of a frame in memory that its caller may change", () => {
    const { events, reader } = setUp();
    const bytes = frame(0x81, "hello");
    const chunk = Buffer.from(bytes.subarray(0, 4));
    reader.read(chunk);
    chunk.fill(0);
    reader.read(bytes.subarray(4));
    expect(events).toEqual(["hello"]);
  });
});

describe("beside the reader of ws, Roomcast's", () => {
  it.each([1, 2_147_483_000, Date.now() % 2 ** 31])(
    "comes to the same messages and close codes (seed %i)",
    async (seed) => {
      const { difference, endings } = await compareReaders(seed, 6_000);
      expect(difference).toBeNull();
      expect([...endings.keys()]).toEqual(
        expect.arrayContaining([
          "messages",
          "violation 1002",
          "violation 1007",
          "violation 1009",
          "close 1005",
        ]),
      );
    },
  );

  it.each([
    ["loses a message", (events: readonly string[]) => events.filter((event) => event !== "text hello")],
    [
      "gives another code",
      (events: readonly string[]) => events.map((event) => event.replace("violation 1007", "violation 1002")),
    ],
  ])("would be found out if it %s", async (_, spoil) => {
    const { difference } = await compareReaders(1, 6_000, (chunks) => spoil(readAsRoomcast(chunks)));
    expect(difference).not.toBeNull();
  });
});

/** A message as RFC 7692 §7.2.1 has it. */
function deflated(text: string | Uint8Array): number[] {
  return [...deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)];
}

describe("FrameReader, where messages may be compressed", () => {
  const text = "grün, ".repeat(100);
  const tooLong = deflated("a".repeat(maxLength + 1));

  it("reads messages that are, and messages that are not", () => {
    const { events, reader } = setUp(true);
    reader.read(
      Buffer.concat([
        frame(0xc1, deflated("Hello")),
        frame(0x81, "plain"),
        frame(0xc1, deflated(text)),
        frame(0xc2, deflated(Buffer.from([1, 2, 3]))),
        frame(0xc1, [0]),
      ]),
    );
    expect(events).toEqual(["Hello", "plain", text, [1, 2, 3], ""]);
  });

  it("tells how long a text is when it is inflated", () => {
    const sizes: number[] = [];
    const listener = { onText: (_: string, size: number) => sizes.push(size) } as unknown as FrameListener;
    new FrameReader(listener, maxLength, 10, true).read(frame(0xc1, deflated(text)));
    expect(sizes).toEqual([Buffer.byteLength(text)]);
  });

  it("joins fragments before it inflates them, in whatever pieces they come, with pings among them", () => {
    const { events, reader } = setUp(true);
    const message = deflated(text);
    const bytes = Buffer.concat([
      frame(0x41, message.slice(0, 5)),
      frame(0x89, "still there?"),
      frame(0x00, []),
      frame(0x80, message.slice(5)),
      frame(0x81, "next"),
    ]);
    reader.read(Buffer.from(bytes));
    for (const byte of bytes) reader.read(Buffer.from([byte]));
    const expected = [{ ping: "still there?" }, text, "next"];
    expect(events).toEqual([...expected, ...expected]);
  });

  it("hands on bytes that no other message changes, nor keeps much memory of", () => {
    const kept: Uint8Array[] = [];
    const listener = { onBinary: (bytes: Uint8Array) => kept.push(bytes) } as unknown as FrameListener;
    const reader = new FrameReader(listener, maxLength, 10, true);
    const memory = Buffer.alloc(1000);
    for (const value of [1, 2]) {
      const bytes = frame(0xc2, deflated(Buffer.alloc(300, value)));
      bytes.copy(memory);
      reader.read(memory, bytes.length);
    }
    expect(kept.map((bytes) => [bytes.length, bytes[0], bytes[299]])).toEqual([
      [300, 1, 1],
      [300, 2, 2],
    ]);
    for (const { buffer } of kept) expect(buffer.byteLength).toBeLessThanOrEqual(600);
  });

  it.each([
    ["another reserved bit", frame(0xa1, deflated("a")), 1002],
    ["another reserved bit beside it", frame(0xe1, deflated("a")), 1002],
    ["a ping that says it is compressed", frame(0xc9, deflated("a")), 1002],
    ["a close frame that says it is", frame(0xc8, []), 1002],
    ["a later fragment that says it is", Buffer.concat([frame(0x41, [0]), frame(0xc0, [0])]), 1002],
    [
      "a later fragment of a plain message that says so",
      Buffer.concat([frame(0x01, "a"), frame(0xc0, [0])]),
      1002,
    ],
    ["what is not compressed", frame(0xc1, [0xff, 0xff]), 1007],
    ["text that is no UTF-8", frame(0xc1, deflated(Buffer.from([0x61, 0xff]))), 1007],
    ["a message that becomes too long", frame(0xc1, tooLong), 1009],
    [
      "fragments that become too long together",
      Buffer.concat([frame(0x41, tooLong.slice(0, 4)), frame(0x80, tooLong.slice(4))]),
      1009,
    ],
    ["a message that is too long as it comes", frame(0xc1, [], maxLength + 1), 1009],
  ])("refuses %s, and reads nothing that follows", (_, bytes, code) => {
    const { events, reader } = setUp(true);
    reader.read(Buffer.concat([bytes, frame(0x81, "more")]));
    reader.read(frame(0x81, "more"));
    expect(events).toEqual([{ violation: code }]);
  });

  it("takes a message that becomes as long as it may be", () => {
    const { events, reader } = setUp(true);
    reader.read(frame(0xc1, deflated("a".repeat(maxLength))));
    expect(events).toEqual(["a".repeat(maxLength)]);
  });
});

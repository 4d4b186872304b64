/** Compressed WebSocket messages against the `ws` package, for the fuzz. */

import { isUtf8 } from "node:buffer";
import { constants, deflateRawSync } from "node:zlib";
import type { DecoderTarget } from "./decoder-target.ts";
import { demandEqual } from "./decoder-target.ts";
import {
  type ClientMessage,
  deflateAll,
  framesOf,
  kindOf,
  maxLength,
  readAsRoomcast,
  readAsWs,
} from "./deflate-comparison.ts";
import type { Message } from "./hostile-text.ts";
import type { Random } from "./random.ts";

// An input is a list of messages as two bytes that say how each is sent, and the rest of it. So changed bytes
// are still messages, and what changes is what has to be read.

const pieces = [
  '42["echo",',
  '{"id":17,"price":12.5}',
  "中文字 ",
  "👋🏽",
  "a",
  "\u0000",
  "aaaaaaaaaaaaaaaa",
] as const;

function randomText(random: Random): Buffer {
  const once = random.times(1 + random.below(12), () => random.pick(pieces)).join("");
  return Buffer.from(random.oneIn(5) ? once.repeat(random.pick([2, 50, 300, 2000])) : once);
}

function randomContent(random: Random, isText: boolean): Buffer {
  if (isText && !random.oneIn(10)) return randomText(random);
  return random.oneIn(2)
    ? random.bytes(random.pick([0, 1, 5, 126, 300, 4000]))
    : Buffer.alloc(random.below(70_100));
}

/** Content as clients compress it, in every way that there is. */
function deflated(random: Random, content: Buffer): Buffer {
  const { Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_DEFAULT_STRATEGY } =
    constants;
  const finishFlush = random.pick([Z_SYNC_FLUSH, Z_SYNC_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH]);
  const bytes = deflateRawSync(content, {
    finishFlush,
    level: random.below(10),
    windowBits: 9 + random.below(7),
    memLevel: 1 + random.below(9),
    strategy: random.pick([Z_DEFAULT_STRATEGY, Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE]),
  });
  if (finishFlush === Z_FINISH) return random.oneIn(2) ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes;
  return bytes.subarray(0, bytes.length - 4);
}

function asBytes(message: Message): Buffer {
  return typeof message === "string" ? Buffer.from(message, "latin1") : Buffer.from(message);
}

/** How a message is sent, by its first two bytes. */
function clientMessage(message: Buffer): ClientMessage {
  const [how = 0, more = 0] = message;
  const payload = message.subarray(2);
  const isCompressed = (how & 2) !== 0;
  // ws inflates each fragment when it comes, and so ends some messages earlier: that is no difference.
  const isWhole = isCompressed && kindOf(payload) !== "right";
  return {
    isText: (how & 1) !== 0,
    isCompressed,
    payload,
    frames: isWhole ? 1 : 1 + ((how >> 2) & 3),
    hasPing: (how & 16) !== 0,
    isMarkedWrongly: (more & 15) === 15,
  };
}

/** The same bytes, cut as a network does. */
function cut(bytes: Buffer, step: number): Buffer[] {
  const chunks: Buffer[] = [];
  const size = bytes.length > 2000 ? Math.max(step, 1000) : step;
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
  return chunks;
}

const inflating: DecoderTarget = {
  name: "inflating",
  generate: (random) =>
    random.times(1 + random.below(3), () => {
      const how = random.below(256) | (random.oneIn(6) ? 0 : 2);
      const content = randomContent(random, (how & 1) !== 0);
      const payload =
        (how & 2) === 0
          ? content
          : random.oneIn(20)
            ? random.bytes(random.below(40))
            : deflated(random, content);
      return Buffer.concat([Buffer.from([how, random.below(random.oneIn(10) ? 256 : 15)]), payload]);
    }),
  async check(messages) {
    const sent = messages.map((message) => clientMessage(asBytes(message)));
    // ws drops such data, which the specification lets clients send.
    if (sent.some(({ isCompressed, payload }) => isCompressed && kindOf(payload) === "behind"))
      return "behind";
    const bytes = Buffer.concat(sent.flatMap(framesOf));
    const chunks = cut(bytes, 1 + (asBytes(messages[0] ?? "")[1] ?? 0) * 40);
    const expected = await readAsWs(chunks, { isServer: true });
    const found = readAsRoomcast(chunks);
    // A message that is wrong and too long at once may be refused as either.
    const plain = (event: string) => event.replace(/^violation 100[79]$/, "violation 1007 or 1009");
    demandEqual("read differently from ws", found.map(plain), expected.map(plain));
    return expected.map((event) => event.replace(/^(text|binary|ping) .*/s, "$1")).join("; ");
  },
};

const deflating: DecoderTarget = {
  name: "deflating",
  generate: (random) =>
    random.times(1 + random.below(3), () => {
      const isText = random.oneIn(2);
      const content = randomContent(random, isText);
      return Buffer.concat([
        Buffer.from([random.below(256), (isText ? 1 : 0) | (random.below(128) << 1)]),
        content,
      ]);
    }),
  async check(messages) {
    const [settings = 0] = asBytes(messages[0] ?? "");
    const windowBits = 8 + (settings & 7);
    const level = 1 + ((settings >> 3) % 9);
    const sent = messages
      .map((message) => ({ message: asBytes(message) }))
      .map(({ message }) => ({ isText: ((message[1] ?? 0) & 1) !== 0, content: message.subarray(2) }))
      .filter(({ isText, content }) => content.length <= maxLength && (!isText || isUtf8(content)));
    const frames = await deflateAll(sent, { threshold: 0, level, windowBits });
    const expected = sent.map(
      ({ isText, content }) =>
        `${isText ? "text" : "binary"} ${content.toString(isText ? "utf8" : "latin1")}`,
    );
    demandEqual("ws reads something else", await readAsWs(frames, { isServer: false, windowBits }), expected);
    const forms = frames.map((frame) => (((frame[0] ?? 0) & 0x40) === 0 ? "as it is" : "compressed"));
    return `${windowBits}: ${forms.join(", ")}`;
  },
};

/** Both directions. */
export const deflateTargets: readonly DecoderTarget[] = [inflating, deflating];

/**
 * Compares compressed messages with those of the `ws` package, in both directions: what it reads of a client,
 * Roomcast's reader has to read too, and it has to read what Roomcast compresses.
 */

import { constants, inflateRawSync } from "node:zlib";
import * as ws from "ws";
import { DeflateQueue, Deflater } from "../../src/websocket/deflater.ts";
import { opcodes } from "../../src/websocket/frame.ts";
import { type FrameListener, FrameReader } from "../../src/websocket/frame-reader.ts";
import type { Outcome } from "./frame-comparison.ts";

/** The parts of ws that are used here; ws exports them without types. */
interface Receiver {
  on(event: string, listener: (...values: never[]) => void): void;
  write(bytes: Uint8Array, done: () => void): void;
}
interface Extension {
  accept(offers: readonly Readonly<Record<string, readonly (true | number)[]>>[]): unknown;
  cleanup(): void;
}
const { Receiver, PerMessageDeflate } = ws as unknown as {
  Receiver: new (options: object) => Receiver;
  PerMessageDeflate: { new (options: object): Extension; readonly extensionName: string };
};

/** The longest message that readers must accept, in bytes. */
export const maxLength = 70_000;

/** One message of a client. */
export interface ClientMessage {
  readonly isText: boolean;
  readonly isCompressed: boolean;
  readonly payload: Buffer;
  /** In how many frames it comes, and whether a ping comes between them. */
  readonly frames: number;
  readonly hasPing: boolean;
  /** Whether a frame has the bit of a compressed message that may not have it. */
  readonly isMarkedWrongly: boolean;
}

/** What a compressed payload is: `"behind"` where data follows a block that says it is the last. */
export type PayloadKind = "right" | "wrong" | "behind";

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Looks at a payload without the code under test. */
export function kindOf(payload: Buffer): PayloadKind {
  const bytes = Buffer.concat([payload, tail]);
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxLength, info: true };
  try {
    const { engine } = inflateRawSync(bytes, options) as unknown as { engine: { bytesWritten: number } };
    return bytes.length - engine.bytesWritten > 1 + tail.length ? "behind" : "right";
  } catch {
    return "wrong";
  }
}

/** The frames of a message, masked with zeros. */
export function framesOf(message: ClientMessage): Buffer[] {
  const { isText, isCompressed, payload, frames, hasPing, isMarkedWrongly } = message;
  const built: Buffer[] = [];
  for (let index = 0, start = 0; index < frames; index += 1) {
    const isLast = index === frames - 1;
    const end = isLast
      ? payload.length
      : Math.min(payload.length, start + Math.ceil(payload.length / frames));
    let first = index > 0 ? opcodes.continuation : isText ? opcodes.text : opcodes.binary;
    if (index === 0 ? isCompressed : isMarkedWrongly && isLast) first |= 0x40;
    built.push(frame(first | (isLast ? 0x80 : 0), payload.subarray(start, end)));
    if (hasPing && !isLast) built.push(frame(0x80 | opcodes.ping, Buffer.from("ping")));
    start = end;
  }
  return built;
}

function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header =
    length < 126
      ? Buffer.from([first, 0x80 | length])
      : length < 65_536
        ? Buffer.from([first, 0x80 | 126, length >> 8, length & 0xff])
        : Buffer.from([first, 0x80 | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff]);
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

const text = (value: string) => `text ${value}`;
const bytes = (kind: string, value: Uint8Array) => `${kind} ${Buffer.from(value).toString("latin1")}`;

/** Reads a client's bytes with Roomcast's reader. */
export function readAsRoomcast(chunks: readonly Buffer[]): Outcome {
  const outcome: string[] = [];
  const listener: FrameListener = {
    onText: (value) => outcome.push(text(value)),
    onBinary: (value) => outcome.push(bytes("binary", value)),
    onPing: (value) => outcome.push(bytes("ping", value)),
    onCloseFrame: (code) => outcome.push(`close ${code ?? 1005}`),
    onViolation: (code) => outcome.push(`violation ${code}`),
  };
  const reader = new FrameReader(listener, maxLength, Number.POSITIVE_INFINITY, true);
  for (const chunk of chunks) reader.read(Buffer.from(chunk));
  return outcome;
}

/** Reads bytes with ws's reader, as a server or as a client. */
export async function readAsWs(
  chunks: readonly Uint8Array[],
  { isServer, windowBits = 15 }: { isServer: boolean; windowBits?: number },
): Promise<Outcome> {
  const extension = new PerMessageDeflate({ isServer, maxPayload: maxLength });
  const offer: Record<string, readonly (true | number)[]> = {
    client_no_context_takeover: [true],
    server_no_context_takeover: [true],
  };
  if (windowBits < 15) offer.server_max_window_bits = [windowBits];
  extension.accept([offer]);
  const outcome: string[] = [];
  const extensions = { [PerMessageDeflate.extensionName]: extension };
  const receiver = new Receiver({ isServer, maxPayload: maxLength, extensions });
  receiver.on("message", (value: Buffer, isBinary: boolean) =>
    outcome.push(isBinary ? bytes("binary", value) : text(value.toString())),
  );
  receiver.on("ping", (value: Buffer) => outcome.push(bytes("ping", value)));
  receiver.on("conclude", (code: number) => outcome.push(`close ${code}`));
  let isOver = false;
  const failed = new Promise<void>((resolve) => {
    receiver.on("error", (error: Error) => {
      isOver = true;
      outcome.push(`violation ${statusOf(error)}`);
      resolve();
    });
  });
  for (const chunk of chunks) {
    if (isOver) break;
    await Promise.race([failed, new Promise<void>((done) => receiver.write(Buffer.from(chunk), done))]);
  }
  // An error is told a moment after the write that it ends.
  await new Promise<void>((resolve) => setImmediate(resolve));
  extension.cleanup();
  return outcome;
}

function statusOf(error: Error): unknown {
  const [symbol] = Object.getOwnPropertySymbols(error).filter(
    ({ description }) => description === "status-code",
  );
  return symbol === undefined ? undefined : (error as unknown as Record<symbol, unknown>)[symbol];
}

/** Compresses messages as a server does, and gives their frames in order. */
export async function deflateAll(
  messages: readonly { readonly isText: boolean; readonly content: Buffer }[],
  { threshold, level, windowBits }: { threshold: number; level: number; windowBits: number },
): Promise<Uint8Array[]> {
  const queue = new DeflateQueue((callback) => void setImmediate(callback));
  const deflater = new Deflater(threshold, { level, windowBits }, queue);
  const frames: Uint8Array[] = [];
  for (const { isText, content } of messages) {
    const later = new Promise<Uint8Array>((resolve) => {
      const now = deflater.deflate(isText ? opcodes.text : opcodes.binary, content, resolve);
      if (now !== null) resolve(now);
    });
    frames.push(await later);
  }
  return frames;
}

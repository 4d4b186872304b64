/**
 * Compares Roomcast's frame reader with that of the `ws` package: the same bytes must have the same outcome.
 */

import * as ws from "ws";
import { type FrameListener, FrameReader } from "../../src/websocket/frame-reader.ts";
import { unmaskingMemory } from "../../src/websocket/unmasker.ts";
import { maxLength, randomChunks } from "./frame-streams.ts";
import { Random } from "./random.ts";

/** The part of ws's reader that is used here; ws exports it without types. */
interface Receiver {
  on(event: string, listener: (...values: never[]) => void): void;
  write(bytes: Uint8Array): void;
}

const { Receiver } = ws as unknown as { Receiver: new (options: object) => Receiver };

/** The outcome of a stream of bytes, in order. */
export type Outcome = readonly string[];

/** Reads chunks with one of the readers. */
export type Read = (chunks: readonly Buffer[]) => Outcome | Promise<Outcome>;

const text = (value: string) => `text ${value}`;
const bytes = (kind: string, value: Uint8Array) => `${kind} ${Buffer.from(value).toString("latin1")}`;

/** Reads with Roomcast's reader, in memory in which JavaScript takes off the masks. */
export function readAsRoomcast(chunks: readonly Buffer[]): Outcome {
  // The memory is unaligned.
  const memory = Buffer.alloc(3 + Math.max(0, ...chunks.map(({ length }) => length)));
  return readIn(chunks, (index) => memory.subarray(index & 3));
}

/**
 * Reads with Roomcast's reader, in the memory in which WebAssembly takes off the masks.
 *
 * @throws Error where there is none
 */
export function readBySimd(chunks: readonly Buffer[]): Outcome {
  const memory = unmaskingMemory();
  if (memory === null) throw new Error("this Node has no WebAssembly with SIMD");
  return readIn(chunks, () => memory);
}

/** Reads each chunk in the memory that is for it, in several pieces where it is too long. */
function readIn(chunks: readonly Buffer[], memoryFor: (index: number) => Buffer): Outcome {
  const outcome: string[] = [];
  const kept: Uint8Array[] = [];
  const listener: FrameListener = {
    onText: (value) => outcome.push(text(value)),
    onBinary: (value) => {
      kept.push(value);
      outcome.push("binary");
    },
    onPing: (value) => outcome.push(bytes("ping", value)),
    onCloseFrame: (code) => outcome.push(`close ${code ?? 1005}`),
    onViolation: (code) => outcome.push(`violation ${code}`),
  };
  const reader = new FrameReader(listener, maxLength);
  // The memory is used again, as it is with sockets.
  for (const [index, chunk] of chunks.entries()) {
    const memory = memoryFor(index);
    for (let at = 0; at < chunk.length; at += memory.length) {
      const length = chunk.copy(memory, 0, at);
      reader.read(memory, length);
      memory.fill(0xff, 0, length);
    }
  }
  // A binary message must not share that memory.
  for (const value of kept) outcome[outcome.indexOf("binary")] = bytes("binary", value);
  return outcome;
}

/** Reads with ws's reader, which reports errors a moment later. */
export async function readAsWs(chunks: readonly Buffer[]): Promise<Outcome> {
  const outcome: string[] = [];
  const receiver = new Receiver({ isServer: true, maxPayload: maxLength });
  let isOver = false;
  receiver.on("message", (value: Buffer, isBinary: boolean) =>
    outcome.push(isBinary ? bytes("binary", value) : text(value.toString())),
  );
  receiver.on("ping", (value: Buffer) => outcome.push(bytes("ping", value)));
  receiver.on("conclude", (code: number) => {
    isOver = true;
    outcome.push(`close ${code}`);
  });
  receiver.on("error", (error: Error) => {
    isOver = true;
    outcome.push(`violation ${statusOf(error)}`);
  });
  for (const chunk of chunks) {
    if (isOver) break;
    receiver.write(Buffer.from(chunk));
    // A socket whose listener is gone writes nothing after an error.
    if ((receiver as unknown as { _errored: boolean })._errored) break;
  }
  if ((receiver as unknown as { _errored: boolean })._errored && !isOver) {
    await new Promise<void>((resolve) => process.nextTick(resolve));
  }
  return outcome;
}

function statusOf(error: Error): unknown {
  const [symbol] = Object.getOwnPropertySymbols(error).filter(
    ({ description }) => description === "status-code",
  );
  return symbol === undefined ? undefined : (error as unknown as Record<symbol, unknown>)[symbol];
}

/** A case in which the readers differ. */
export interface Difference {
  readonly seed: number;
  readonly number: number;
  readonly chunks: readonly string[];
  readonly expected: Outcome;
  readonly found: Outcome;
}

/** The result of a run. */
export interface Report {
  readonly difference: Difference | null;
  /** How many cases had each ending. */
  readonly endings: ReadonlyMap<string, number>;
}

/**
 * Compares readers over many cases.
 *
 * @param seed - decides all cases
 * @param count - how many
 * @param read - the reader under test. Default: Roomcast's
 */
export async function compareReaders(
  seed: number,
  count: number,
  read: Read = readAsRoomcast,
): Promise<Report> {
  const random = new Random(seed);
  const endings = new Map<string, number>();
  for (let number = 1; number <= count; number += 1) {
    const chunks = randomChunks(random);
    const expected = await readAsWs(chunks);
    const found = await read(chunks);
    if (expected.length !== found.length || expected.some((event, index) => event !== found[index])) {
      const hex = chunks.map((chunk) => chunk.toString("hex"));
      return { difference: { seed, number, chunks: hex, expected, found }, endings };
    }
    const last = expected.at(-1) ?? "nothing";
    const ending = /^(close|violation) /.test(last) ? last : last === "nothing" ? last : "messages";
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  }
  return { difference: null, endings };
}

import { expect, it } from "vitest";
import { CatchUpBuffer } from "../../../src/backplane/stream/catch-up-buffer.ts";
import type { HeardEvent } from "../../../src/backplane/stream/stream-event.ts";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";

function heard(number: number, size = 100): HeardEvent {
  const event = { target: everyoneIn("/"), event: encodeEvent("/", ["said", number]), compress: true };
  return { epoch: "e", channel: "c", size, entry: { ...event, offset: number, origin: "node", id: number } };
}

const numbers = (buffer: CatchUpBuffer) => buffer.takeAll().map(({ entry }) => entry.offset);

it("gives back what came, in order, and once", () => {
  const buffer = new CatchUpBuffer();
  for (const number of [3, 4, 5]) buffer.add(heard(number));
  expect(numbers(buffer)).toEqual([3, 4, 5]);
  expect(numbers(buffer)).toEqual([]);
  expect(buffer.hasOverflown).toBe(false);
});

it("says that events have to be read when it holds too many, and keeps the latest", () => {
  const buffer = new CatchUpBuffer();
  for (let number = 1; number <= 20_000; number += 1) buffer.add(heard(number));
  expect(buffer.hasOverflown).toBe(false);
  buffer.add(heard(20_001));
  expect(buffer.hasOverflown).toBe(true);
  expect(numbers(buffer)).toEqual([20_001]);
});

it("says so when they take too many bytes", () => {
  const buffer = new CatchUpBuffer();
  for (let number = 1; number <= 16; number += 1) buffer.add(heard(number, 2 ** 20));
  expect(buffer.hasOverflown).toBe(false);
  buffer.add(heard(17, 1));
  expect(buffer.hasOverflown).toBe(true);
  expect(numbers(buffer)).toEqual([17]);
});

it("counts bytes from zero again once its events are taken", () => {
  const buffer = new CatchUpBuffer();
  buffer.add(heard(1, 12 * 2 ** 20));
  buffer.takeAll();
  buffer.add(heard(2, 12 * 2 ** 20));
  expect([buffer.hasOverflown, numbers(buffer)]).toEqual([false, [2]]);
});

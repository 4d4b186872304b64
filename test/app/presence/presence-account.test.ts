import { describe, expect, it } from "vitest";
import {
  IncomingAccounts,
  inParts,
  type RoomEntry,
  roomKey,
  roomsPerMessage,
} from "../../../src/app/presence/presence-account.ts";

const entries = Array.from(
  { length: 2 * roomsPerMessage + 1 },
  (_, number): RoomEntry => ["/", `user:${number}`, true],
);
const parts = inParts(entries);
const [first = [], second = [], third = []] = parts;

describe("an account", () => {
  it("is told in parts, and in one where there is little or nothing", () => {
    expect(parts.map(({ length }) => length)).toEqual([roomsPerMessage, roomsPerMessage, 1]);
    expect(parts.flat()).toEqual(entries);
    expect(inParts([])).toEqual([[]]);
    expect(inParts(first)).toEqual([first]);
  });

  it("is put together from its parts, each process's for itself", () => {
    const incoming = new IncomingAccounts();
    expect(incoming.take("a", 1, 3, first)).toBeNull();
    expect(incoming.take("b", 1, 1, third)).toEqual(new Set([roomKey("/", `user:${2 * roomsPerMessage}`)]));
    expect(incoming.take("a", 2, 3, second)).toBeNull();
    expect(incoming.take("a", 3, 3, third)?.size).toBe(entries.length);
  });

  it("skips an account with a lost part, and takes the next whole one", () => {
    const incoming = new IncomingAccounts();
    incoming.take("a", 1, 3, first);
    expect(incoming.take("a", 3, 3, third)).toBeNull();
    expect(incoming.take("a", 2, 2, second)).toBeNull();
    incoming.take("a", 1, 3, first);
    expect(incoming.take("a", 1, 1, third)?.size).toBe(1);
    incoming.take("a", 1, 2, first);
    incoming.forget("a");
    expect(incoming.take("a", 2, 2, second)).toBeNull();
  });
});

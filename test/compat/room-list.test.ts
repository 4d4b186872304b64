import { describe, expect, it } from "vitest";
import {
  isReserved,
  roomNamesOf,
  sentEventName,
  takeCallback,
  timedOut,
} from "../../src/compat/room-list.ts";

describe("what programs of socket.io give", () => {
  it("is a list of rooms, which need not be texts", () => {
    expect(roomNamesOf("red")).toEqual(["red"]);
    expect(roomNamesOf(["red", 7])).toEqual(["red", "7"]);
    expect(roomNamesOf([])).toEqual([]);
  });

  it("is the name of an event, unless the library emits it itself", () => {
    expect(sentEventName("say")).toBe("say");
    expect(sentEventName(5)).toBe("5");
    expect(() => sentEventName("disconnect")).toThrow('"disconnect" is a reserved event name');
    expect(isReserved("say")).toBe(false);
  });

  it("has its callback at the end", () => {
    const callback = () => {};
    const values = [1, callback];
    expect(takeCallback(values)).toBe(callback);
    expect(values).toEqual([1]);
    expect(takeCallback(values)).toBeNull();
    expect(timedOut().message).toBe("operation has timed out");
  });
});

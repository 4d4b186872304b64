import { describe, expect, it } from "vitest";
import {
  byteRate,
  bytes,
  count,
  duration,
  inWords,
  percent,
  rate,
  seconds,
  timeOfDay,
} from "../../../../src/dashboard/page/parts/numbers.ts";

describe("numbers are written as people read them", () => {
  it.each([
    [count(1234567), "1,234,567"],
    [rate(0.4567), "0.46/s"],
    [rate(12.34), "12.3/s"],
    [rate(1234.5), "1,235/s"],
    [bytes(999), "999 B"],
    [bytes(1_234_567), "1.23 MB"],
    [bytes(5e15), "5,000 TB"],
    [byteRate(2500), "2.5 kB/s"],
    [seconds(0), "0 s"],
    [seconds(0.000_35), "350 µs"],
    [seconds(0.0123), "12.3 ms"],
    [seconds(4.5), "4.5 s"],
    [percent(0.0123), "1.23 %"],
    [percent(1.5), "150 %"],
    [duration(0.4), "0 s"],
    [duration(59), "59 s"],
    [duration(3600), "1 h"],
    [duration(3 * 86_400 + 4 * 3600 + 59), "3 d 4 h"],
    [inWords("tooManyConnections"), "too many connections"],
    [inWords("transport close"), "transport close"],
    [timeOfDay(new Date(2024, 0, 2, 3, 4, 5).getTime()), "03:04:05"],
  ])("%s", (text, expected) => {
    expect(text).toBe(expected);
  });

  it("and as a dash where they are not known", () => {
    expect([count(null), rate(null), bytes(null), byteRate(null), seconds(null), percent(null)]).toEqual(
      Array(6).fill("–"),
    );
  });
});

import { describe, expect, it } from "vitest";
import { TokenBucket } from "../../../src/core/socket/token-bucket.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function takes(bucket: TokenBucket, times: number): number {
  let taken = 0;
  for (let time = 0; time < times; time += 1) if (bucket.take()) taken += 1;
  return taken;
}

describe("TokenBucket", () => {
  it("gives a burst at once, and then no more", () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 25 }, new FakeClock());
    expect(takes(bucket, 100)).toBe(25);
  });

  it("gives as many a second as it should in the long run", () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ perSecond: 10, burst: 25 }, clock);
    takes(bucket, 100);
    let taken = 0;
    for (let step = 0; step < 1000; step += 1) {
      clock.advance(33);
      taken += takes(bucket, 3);
    }
    expect(taken).toBe(330);
  });

  it("gives no more than two bursts after a rest, however long", () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ perSecond: 10, burst: 25 }, clock);
    takes(bucket, 1);
    clock.advance(1_000_000);
    expect(takes(bucket, 100)).toBe(49);
  });
});

import { describe, expect, it } from "vitest";
import { isPoison, OpenRequests } from "../../../src/backplane/bus/open-requests.ts";

const suspect = () => ({ breaks: 0 });

describe("a request without an answer", () => {
  it("is given up when three connections have ended with it first in line", () => {
    const requests = new OpenRequests();
    const [good, bad] = [suspect(), suspect()];
    for (let connection = 1; connection <= 3; connection += 1) {
      expect(isPoison(bad)).toBe(false);
      requests.add(bad);
      requests.add(good);
      requests.onBreak();
    }
    expect([isPoison(bad), isPoison(good)]).toEqual([true, false]);
  });

  it("counts from zero as soon as it has an answer", () => {
    const requests = new OpenRequests();
    const [first, second] = [suspect(), suspect()];
    for (let connection = 1; connection <= 2; connection += 1) {
      requests.add(first);
      requests.onBreak();
    }
    requests.add(first);
    requests.add(second);
    requests.settle(first);
    requests.onBreak();
    expect([first.breaks, second.breaks]).toEqual([0, 1]);
  });

  it("is not blamed for a connection that ends without requests", () => {
    const requests = new OpenRequests();
    const one = suspect();
    requests.add(one);
    requests.onBreak();
    requests.onBreak();
    expect(one.breaks).toBe(1);
  });
});

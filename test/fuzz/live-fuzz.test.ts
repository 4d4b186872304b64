import { describe, expect, it } from "vitest";
import { kindOf } from "./live-cases.ts";
import { fuzzServer } from "./live-fuzz.ts";

describe("a server among hostile clients", () => {
  it("does not crash, leak or report a fault, and answers all other clients", {
    timeout: 240_000,
  }, async () => {
    const { finding, outcomes, events, answers } = await fuzzServer({ seed: 20_251, count: 80 });
    expect(finding).toBeNull();
    expect(answers).toBeGreaterThan(0);
    // Cases reached acceptance, refusal and a WebSocket close.
    for (const outcome of ["status 200", "status 400", "close 1002"])
      expect(outcomes.get(outcome)).toBeGreaterThan(0);
    for (const event of ["socket connect", "event received", "connection upgrade"])
      expect(events[event]).toBeGreaterThan(0);
  });
});

describe("the fuzz of a server", () => {
  it("finds a fault, and the case that shows it", { timeout: 240_000 }, async () => {
    const seed = Array.from({ length: 1000 }, (_, number) => number).find(
      (number) => kindOf(number) === "requests" && kindOf(number + 1) === "webSocket",
    );
    const { finding } = await fuzzServer({ seed: seed ?? 0, count: 2, isFaulty: true });
    expect(finding).toMatchObject({ seed: (seed ?? 0) + 1, count: 1 });
    expect(finding?.faults.join()).toContain("unhandled rejection: Error: a planted fault");
  });
});

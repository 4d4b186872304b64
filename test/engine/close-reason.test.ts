import { describe, expect, it } from "vitest";
import { closeCodes } from "../../src/engine/close-reason.ts";

const reasons = Object.entries(closeCodes);

describe("closeCodes", () => {
  it("holds only codes that a server may send in a close frame (RFC 6455 §7.4)", () => {
    const sent = new Set(reasons.flatMap(([, code]) => (code === null ? [] : [code])));
    // 1004 to 1006 and 1015 never travel, and 1010 is for clients.
    const allowed = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014];
    expect([...sent].filter((code) => !allowed.includes(code))).toEqual([]);
  });

  it("names reasons that fit into a close frame, in ASCII", () => {
    for (const [reason] of reasons) {
      expect(reason).toMatch(/^[ -~]+$/);
      expect(reason.length).toBeLessThanOrEqual(123);
    }
  });

  it("asks clients to come back exactly where they lost something or the server wants it", () => {
    expect(reasons.filter(([, code]) => code === 1012).map(([reason]) => reason)).toEqual([
      "events lost",
      "reconnect requested",
    ]);
  });
});

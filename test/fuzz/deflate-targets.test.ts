import { describe, expect, it } from "vitest";
import { fuzzDecoder } from "./decoder-fuzz.ts";
import { deflateTargets } from "./deflate-targets.ts";

describe("compressed messages", () => {
  it.each(deflateTargets.map((target) => [target.name, target] as const))(
    "are the same to ws: %s",
    async (_name, target) => {
      const { finding, corpus } = await fuzzDecoder(target, 20_261, 600);
      expect(finding).toBeNull();
      // A corpus of one outcome would test nothing.
      expect(corpus.size).toBeGreaterThan(20);
    },
    60_000,
  );
});

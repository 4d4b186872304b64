import { describe, expect, it } from "vitest";
import { fuzzDecoder, inJson, readCorpus } from "./decoder-fuzz.ts";
import type { DecoderTarget } from "./decoder-target.ts";
import { decoderTargets } from "./decoder-targets.ts";
import { hostilePacket } from "./hostile-text.ts";

describe("the decoders", () => {
  it.each(decoderTargets.map((target) => [target.name, target] as const))(
    "keep their promises for any input: %s",
    async (_name, target) => {
      const { finding, corpus } = await fuzzDecoder(target, 20_251, 4000);
      expect(finding).toBeNull();
      // A corpus of one outcome would test nothing.
      expect(corpus.size).toBeGreaterThan(5);
    },
  );
});

describe("the fuzz", () => {
  /** A decoder with a fault deep inside its input. */
  const faulty: DecoderTarget = {
    name: "faulty",
    generate: hostilePacket,
    check(messages) {
      const text = String(messages[0]);
      if (/^2\/[^,]+,\d+\["constructor",/.test(text)) throw new TypeError("not a function");
      return text.slice(0, 2);
    },
  };

  it("finds a fault, and the same one again by the seed and the number of cases that it names", async () => {
    const { finding } = await fuzzDecoder(faulty, 1, 200_000);
    expect(finding?.error).toBeInstanceOf(TypeError);
    const again = await fuzzDecoder(faulty, finding?.seed ?? 0, finding?.cases ?? 0);
    expect(again.finding).toEqual(finding);
    expect(JSON.stringify(again.finding?.input.map(inJson))).toContain("constructor");
  });

  it("finds inputs that take too long", async () => {
    const slow: DecoderTarget = {
      ...faulty,
      check() {
        const startedAt = process.cpuUsage();
        while (process.cpuUsage(startedAt).user < 260_000);
        return "";
      },
    };
    const { finding } = await fuzzDecoder(slow, 1, 1);
    expect(String(finding?.error)).toContain("ms, three times");
  });

  it("begins with the inputs that earlier runs have kept", async () => {
    const seen: string[] = [];
    await fuzzDecoder(
      {
        name: "base64",
        generate: () => [],
        check: (messages) => {
          seen.push(JSON.stringify(messages.map(inJson)));
          return "";
        },
      },
      1,
      0,
    );
    const kept = readCorpus("base64").map((messages) => JSON.stringify(messages.map(inJson)));
    expect(kept.length).toBeGreaterThan(5);
    expect(seen).toEqual(kept);
  });
});

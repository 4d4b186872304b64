import { describe, expect, it } from "vitest";
import { generateId, idGenerator } from "../../src/base/id.ts";

describe("generateId", () => {
  it("gives 120 bits as 20 characters that need no escaping in a URL", () => {
    for (let count = 0; count < 1000; count += 1) expect(generateId()).toMatch(/^[\w-]{20}$/);
  });

  it("never gives the same twice, also where the supply is renewed", () => {
    const ids = Array.from({ length: 10_000 }, generateId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("puts a generator's prefix before each, whatever other generators do between", () => {
    const [plain, prefixed] = [idGenerator(), idGenerator("process")];
    for (let count = 0; count < 1000; count += 1) {
      expect(prefixed()).toMatch(/^process[\w-]{20}$/);
      expect(plain()).toMatch(/^[\w-]{20}$/);
    }
  });

  it("uses every character in every place", () => {
    const ids = Array.from({ length: 5000 }, generateId);
    for (let place = 0; place < 20; place += 1) {
      expect(new Set(ids.map((id) => id.charAt(place))).size).toBe(64);
    }
  });
});

import { describe, expect, it } from "vitest";
import * as z from "zod";
import { event } from "../../src/contract/event-definition.ts";

const [text, number] = [z.string(), z.number()];

describe("event()", () => {
  it("has lists of schemas, whatever was given", () => {
    expect(event()).toEqual({ values: [], answer: [], errors: {} });
    expect(event(text)).toEqual({ values: [text], answer: [], errors: {} });
    expect(event([text, number], { answer: text })).toEqual({
      values: [text, number],
      answer: [text],
      errors: {},
    });
    expect(event([], { answer: [text, number], errors: { full: number } })).toEqual({
      values: [],
      answer: [text, number],
      errors: { full: number },
    });
  });

  it.each<[string, () => unknown]>([
    ["a type's name", () => event("string" as never)],
    ["null", () => event(null as never)],
    ["a list with something else", () => event([text, 5] as never)],
    ["such an answer", () => event(text, { answer: {} as never })],
    ["such an error", () => event(text, { errors: { muted: true as never } })],
  ])("says what a schema is when it gets %s", (_what, define) => {
    expect(define).toThrow(
      expect.objectContaining({ code: "ERR_CONTRACT", message: expect.stringContaining("Standard Schema") }),
    );
  });
});

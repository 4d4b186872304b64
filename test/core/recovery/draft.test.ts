import { describe, expect, it } from "vitest";
import { Draft } from "../../../src/core/recovery/draft.ts";

describe("Draft", () => {
  it("keeps the original as it is, at any depth", () => {
    const original = { user: { name: "Ada" }, rooms: ["a"] };
    const { data } = new Draft(original);
    (data.user as { name: string }).name = "Bob";
    (data.rooms as string[]).push("b");
    expect(original).toEqual({ user: { name: "Ada" }, rooms: ["a"] });
  });

  it("applies what was set, changed and deleted, and no other keys", () => {
    const draft = new Draft({ kept: 1, changed: 1, deleted: 1 });
    draft.data.changed = 2;
    draft.data.added = 3;
    delete draft.data.deleted;
    const data: Record<string, unknown> = { kept: 7, changed: 1, deleted: 1, others: 5 };
    draft.applyTo(data);
    expect(data).toEqual({ kept: 7, changed: 2, others: 5, added: 3 });
  });

  it("copies data that contains itself, and a key named __proto__", () => {
    const inner: Record<string, unknown> = JSON.parse('{"__proto__":{"admin":true}}');
    inner.self = inner;
    const copy = new Draft({ inner }).data.inner as Record<string, unknown>;
    expect(copy).not.toBe(inner);
    expect(copy.self).toBe(copy);
    expect(Object.keys(copy)).toEqual(["__proto__", "self"]);
    expect((copy as { admin?: boolean }).admin).toBeUndefined();
  });
});

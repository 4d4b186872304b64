import { describe, expect, it } from "vitest";
import { Visitors, visitorOf } from "../../../src/core/recovery/visitor.ts";

describe("visitorOf()", () => {
  it("gives equal sessions one digest, in any order of their keys", () => {
    expect(visitorOf({ a: 1, b: { c: 2, d: 3 } }, null)).toBe(visitorOf({ b: { d: 3, c: 2 }, a: 1 }, null));
    expect(visitorOf({ a: 1 }, null)).not.toBe(visitorOf({ a: 2 }, null));
  });

  it("compares only the part that the application picks", () => {
    const user = (session: Readonly<Record<string, unknown>>) => session.user;
    expect(visitorOf({ user: "ada", cart: 1 }, user)).toBe(visitorOf({ user: "ada", cart: 2 }, user));
    expect(visitorOf({ user: "ada" }, user)).not.toBe(visitorOf({ user: "bob" }, user));
  });

  it.each([
    ["a function", () => () => 1],
    ["a symbol", () => Symbol("user")],
    ["a promise", () => Promise.resolve("ada")],
  ])("refuses %s as that part", (_what, nameOf) => {
    expect(() => visitorOf({}, nameOf)).toThrow(expect.objectContaining({ code: "ERR_SESSION" }));
  });
});

describe("Visitors", () => {
  it("know no visitor without a session", () => {
    expect(new Visitors(null, () => {}).of(null)).toBeNull();
  });

  it("report an error of the application, and then find no other session equal", () => {
    const reported: unknown[] = [];
    const failing = () => {
      throw new Error("no user");
    };
    const visitors = new Visitors(failing, (error) => void reported.push(error));
    expect(visitors.of({ user: "ada" })).not.toBe(visitors.of({ user: "ada" }));
    expect(reported).toEqual([new Error("no user"), new Error("no user")]);
  });
});

import { describe, expect, it } from "vitest";
import { errorData, stackText } from "../../../src/base/log/error-data.ts";

class OrderError extends Error {
  readonly code = "E_ORDER";
  readonly table = { number: 7 };
}

describe("errorData()", () => {
  it("has the class, the message, the stack and what else the error carries, also of its causes", () => {
    const error = new OrderError("no", { cause: new Error("why") });
    expect(JSON.parse(JSON.stringify(errorData(error)))).toEqual({
      type: "OrderError",
      message: "no",
      stack: error.stack,
      code: "E_ORDER",
      table: { number: 7 },
      cause: { type: "Error", message: "why", stack: expect.stringContaining("Error: why") },
    });
  });

  it("has the errors of an AggregateError", () => {
    expect(errorData(new AggregateError([new Error("one"), "two"], "all"))).toMatchObject({
      message: "all",
      errors: [{ type: "Error", message: "one" }, "two"],
    });
  });

  it("comes to an end where causes form a ring", () => {
    const error = new Error("no");
    error.cause = error;
    expect(errorData(error)).toMatchObject({ message: "no", cause: { message: "no" } });
    expect(stackText(error)?.match(/Caused by: /g)).toHaveLength(9);
  });

  it("tells each error once, however often errors name each other", () => {
    const error = Object.assign(new Error("no"), { self: {} as unknown, other: {} as unknown });
    error.self = error;
    error.other = error;
    error.cause = new Error("why", { cause: error });
    const again = { type: "Error", message: "no" };
    expect(errorData(error)).toEqual({
      ...again,
      stack: error.stack,
      self: again,
      other: again,
      cause: { type: "Error", message: "why", stack: expect.any(String), cause: again },
    });
  });

  it("tells the first of many errors in full", () => {
    const many = Array.from({ length: 1000 }, (_, number) => new Error(`number ${number}`));
    const data = errorData(new AggregateError(many, "all")) as { errors: { stack?: string }[] };
    expect(data.errors).toHaveLength(1000);
    expect(data.errors.filter(({ stack }) => stack !== undefined)).toHaveLength(19);
  });

  it("leaves other values as they are", () => {
    expect(["no gas", undefined, 7].map((value) => errorData(value))).toEqual(["no gas", undefined, 7]);
  });
});

describe("stackText()", () => {
  it("has the stacks of an error and of its causes", () => {
    const error = new TypeError("no", { cause: new Error("why", { cause: "gas" }) });
    expect(stackText(error)).toMatch(/^TypeError: no\n {4}at [\s\S]*\nCaused by: Error: why\n {4}at /);
  });

  it("says the name and the message of an error without a stack, and nothing of another value", () => {
    const error = new Error("no");
    delete error.stack;
    expect(stackText(error)).toBe("Error: no");
    expect(stackText("no")).toBeNull();
  });
});

import { expect, it } from "vitest";
import {
  type Carrier,
  ContextPropagation,
  isCarriable,
} from "../../../src/base/tracing/context-propagation.ts";

it("carries nothing, and runs work as it is, without a propagator", () => {
  const contexts = new ContextPropagation();
  expect(contexts.carrier()).toBeNull();
  expect(contexts.within({ a: "b" }, () => 5)).toBe(5);
});

it("asks its propagator for the carrier, and runs work with it", () => {
  const contexts = new ContextPropagation();
  let current: Carrier | null = { a: "b" };
  contexts.propagator = {
    inject: () => current,
    run(carrier, work) {
      current = carrier;
      return work();
    },
  };
  expect(contexts.carrier()).toEqual({ a: "b" });
  expect(contexts.within({ c: "d" }, () => current)).toEqual({ c: "d" });
  expect(contexts.within(null, () => current)).toEqual({ c: "d" });
});

it("leaves out a carrier that is empty or too large", () => {
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`name${index}`, "value"]));
  const carriers = [{}, { a: "b" }, many, { a: "x".repeat(16_383) }, { a: "x".repeat(16_384) }];
  expect(carriers.map(isCarriable)).toEqual([false, true, false, true, false]);
  const contexts = new ContextPropagation();
  contexts.propagator = { inject: () => many, run: (_carrier, work) => work() };
  expect(contexts.carrier()).toBeNull();
});

it("goes on where its propagator throws, which is reported", () => {
  const reported: unknown[] = [];
  const contexts = new ContextPropagation((error) => reported.push(error));
  contexts.propagator = {
    inject() {
      throw "inject";
    },
    run() {
      throw "run";
    },
  };
  expect([contexts.carrier(), contexts.within({ a: "b" }, () => 5)]).toEqual([null, 5]);
  expect(reported).toEqual(["inject", "run"]);
  contexts.propagator = { inject: () => null, run: (_carrier, work) => work() };
  const fail = () => {
    throw new Error("of the work");
  };
  expect(() => contexts.within({ a: "b" }, fail)).toThrow("of the work");
});

import { context, propagation, trace } from "@opentelemetry/api";
import { expect, it, vi } from "vitest";
import { apiPropagator } from "../../../src/observe/opentelemetry/api-propagator.ts";
import { remote } from "./recorded-spans.ts";

const { parent, traceparent } = remote("7".repeat(16));

it("writes the active context, and runs work in the one that it reads", () => {
  expect(apiPropagator.inject()).toEqual({});
  expect(context.with(parent, () => apiPropagator.inject())).toEqual({ traceparent });
  const spanId = apiPropagator.run({ traceparent }, () => trace.getSpanContext(context.active())?.spanId);
  expect(spanId).toBe("7".repeat(16));
});

it("runs work in no context where it can read none", () => {
  const inside = context.with(parent, () =>
    apiPropagator.run({ traceparent: "nonsense" }, () => trace.getSpanContext(context.active())),
  );
  expect(inside).toBeUndefined();
});

it("writes nothing where a propagator writes no texts", () => {
  const inject = vi.spyOn(propagation, "inject").mockImplementation((_context, carrier) => {
    Object.assign(carrier as object, { id: 5 });
  });
  expect(apiPropagator.inject()).toBeNull();
  inject.mockRestore();
});

import { expect, it } from "vitest";
import { resolveOptions } from "../../../src/base/options.ts";
import { telemetryOptions } from "../../../src/observe/opentelemetry/telemetry-options.ts";
import { tracerProvider } from "./recorded-spans.ts";

const resolve = (given: object) => resolveOptions(telemetryOptions, given, "openTelemetry()");

it("take providers, and have the global ones by default", () => {
  expect(resolve({})).toEqual({
    parent: "auth",
    broadcasts: true,
    handshakes: true,
    metrics: true,
    tracerProvider: null,
    meterProvider: null,
  });
  expect(resolve({ tracerProvider }).tracerProvider).toBe(tracerProvider);
});

it.each([{ parent: "header" }, { tracerProvider: {} }, { meterProvider: tracerProvider }, { broadcasts: 1 }])(
  "refuse %j",
  (given) => {
    expect(() => resolve(given)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
  },
);

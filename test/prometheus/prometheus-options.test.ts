import { expect, it } from "vitest";
import { checkOptions } from "../../src/base/options.ts";
import { prometheusOptions } from "../../src/prometheus/prometheus-options.ts";

const check = (given: object) => checkOptions(prometheusOptions, given, "prometheus()");

it.each([
  [{ registry: {} }, /"registry" of prometheus\(\) must be a Registry of prom-client/],
  [{ token: "short" }, /"token" of prometheus\(\) must be a text of at least 16 characters, not one of 5\.$/],
  [{ allow: true }, /"allow" of prometheus\(\) must be a function, not true\.$/],
  [{ tokens: [] }, /Did you mean "token"\?/],
])("refuses %j", (given, message) => {
  expect(() => check(given)).toThrow(message);
});

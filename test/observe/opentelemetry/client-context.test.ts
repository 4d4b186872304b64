import { propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { clientContext } from "../../../src/observe/opentelemetry/client-context.ts";
import { remote } from "./recorded-spans.ts";

const [first, second] = ["1".repeat(16), "2".repeat(16)];
const auth = { token: "t", ...remote(first), tracestate: "vendor=1" };
const event = [{ text: "hello" }, { traceparent: remote(second).traceparent }];
const spanIn = (...given: Parameters<typeof clientContext>) =>
  trace.getSpanContext(clientContext(...given))?.spanId;

it("is what the data of the connection names, or an event where that is allowed", () => {
  expect(spanIn("auth", auth, event)).toBe(first);
  expect(spanIn("event", auth, event)).toBe(second);
  expect(spanIn("event", auth, [{ text: "hello" }])).toBe(first);
  expect(spanIn("none", auth, event)).toBeUndefined();
  expect(trace.getSpanContext(clientContext("auth", auth))?.traceState?.get("vendor")).toBe("1");
});

it.each([
  ["nothing", undefined],
  ["no object", "traceparent"],
  ["a list", [auth]],
  ["something else", { traceparent: 7 }],
  ["what cannot be read", { traceparent: "00-nonsense" }],
  ["what is too long", { traceparent: `${auth.traceparent}${"-".repeat(500)}` }],
])("is the root for clients that send %s", (_what, given) => {
  expect(spanIn("event", given, [given])).toBeUndefined();
});

it("has no baggage of clients", () => {
  const context = clientContext("auth", { ...auth, baggage: "user=admin" });
  expect(propagation.getBaggage(context)).toBeUndefined();
  expect(clientContext("none", auth)).toBe(ROOT_CONTEXT);
});

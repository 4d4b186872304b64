import { RoomcastError } from "roomcast";
import { expect, it } from "vitest";
import { errorType, failureOf, recordFailure } from "../../../src/observe/opentelemetry/failure.ts";
import { spanned, takeSpans, tracer } from "./recorded-spans.ts";

class OrderError extends Error {
  override readonly name = "OrderError";
}

it.each<[unknown, string]>([
  [new TypeError("broken"), "TypeError"],
  [new OrderError("broken"), "OrderError"],
  [new RoomcastError("ERR_PAYLOAD", "broken"), "ERR_PAYLOAD"],
  [Object.assign(new Error("refused"), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
  [Object.assign(new Error("unique"), { code: "23505" }), "Error"],
  [Object.assign(new Error("long"), { name: "a long text about user 5" }), "Error"],
  ["text", "string"],
  [undefined, "undefined"],
  [null, "object"],
  [
    new Proxy(
      {},
      {
        get() {
          throw new Error("unreadable");
        },
      },
    ),
    "Error",
  ],
])("the type of an error is its code or its class: %#", (error, type) => {
  expect(errorType(error)).toBe(type);
});

it("an operation has failed where it has an error, whatever that is", () => {
  expect([failureOf({ result: 5 }), failureOf({ error: undefined })]).toEqual([null, { error: undefined }]);
});

it("a span tells the error, its type and its message", () => {
  for (const error of [new TypeError("broken"), "text"]) {
    const span = tracer.startSpan("say");
    recordFailure(span, error);
    span.end();
  }
  const spans = takeSpans();
  expect(spans.map(spanned)).toMatchObject([
    { status: 2, attributes: { "error.type": "TypeError" } },
    { status: 2, attributes: { "error.type": "string" } },
  ]);
  expect(
    spans.map(({ status, events }) => [status.message, events[0]?.attributes?.["exception.message"]]),
  ).toEqual([
    ["broken", "broken"],
    ["text", "text"],
  ]);
});

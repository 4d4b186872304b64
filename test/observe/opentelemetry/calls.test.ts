import { expect, it } from "vitest";
import { callAttributes, methodOf, outcomeAttributes } from "../../../src/observe/opentelemetry/calls.ts";
import { connectTrace, eventTrace } from "./traces.ts";

it("a call is named by namespace and event as they are registered", () => {
  expect(methodOf(eventTrace())).toBe("/chat say");
  expect(methodOf(eventTrace({ namespace: "/room-17", pattern: "/^\\/room-/" }))).toBe("/^\\/room-/ say");
  expect(methodOf(eventTrace({ event: "anything", handler: "*" }))).toBe("_OTHER");
  expect(methodOf(eventTrace({ event: "anything", handler: null }))).toBe("_OTHER");
  expect(methodOf(connectTrace())).toBe("/chat connect");
  expect(callAttributes(eventTrace())).toEqual({
    "rpc.system.name": "socketio",
    "rpc.method": "/chat say",
  });
});

it.each([
  ["success", eventTrace({ result: 5 }), { "rpc.status_code": "OK" }],
  ["success without an acknowledgement", eventTrace({ acknowledged: false }), {}],
  [
    "an error",
    eventTrace({ error: new TypeError("broken") }),
    { "rpc.status_code": "ERR_HANDLER_FAILED", "error.type": "TypeError" },
  ],
  [
    "no handler",
    eventTrace({ handler: null }),
    { "rpc.status_code": "ERR_NO_HANDLER", "error.type": "ERR_NO_HANDLER" },
  ],
  ["a client that is let in", connectTrace(), { "rpc.status_code": "OK" }],
  ["a client that is refused", connectTrace({ refusal: "not today" }), {}],
])("the outcome of %s is told", (_what, call, expected) => {
  expect(outcomeAttributes(call)).toEqual(expected);
});

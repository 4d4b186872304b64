import { expect, it } from "vitest";
import { codeOf, isUnknownSession, productOf, serverKindOf } from "../../../src/cli/doctor/server-kind.ts";
import { answerWith } from "../../support/fake-network.ts";

const refusal = (code: number) => answerWith(`{"code":${code},"message":"x"}`, 400);

it.each([
  ["Roomcast", refusal(0), refusal(0), refusal(5)],
  ["Socket.IO 3 or 4", refusal(0), refusal(3), refusal(5)],
  ["Socket.IO 2", refusal(0), refusal(3), answerWith("97:0{")],
  [
    "python-socketio",
    answerWith('"Invalid transport"', 400),
    answerWith('"Invalid websocket upgrade"', 400),
    undefined,
  ],
  ["unknown", answerWith("<html>", 404), undefined, undefined],
  ["unknown", undefined, undefined, undefined],
] as const)("tells %s by its answers", (kind, strangeTransport, plainWebSocket, strangeRevision) => {
  expect(serverKindOf({ strangeTransport, plainWebSocket, strangeRevision })).toBe(kind);
});

it("reads refusals", () => {
  expect([
    codeOf(refusal(3)),
    codeOf(answerWith("no")),
    codeOf(answerWith("null")),
    codeOf(undefined),
  ]).toEqual([3, undefined, undefined, undefined]);
  expect(isUnknownSession(refusal(1))).toBe(true);
  expect(isUnknownSession(answerWith('"Invalid session"', 400))).toBe(true);
  expect(isUnknownSession(refusal(3))).toBe(false);
  expect(productOf({ ...answerWith(""), headers: { server: "nginx" } })).toBe("nginx");
  expect(productOf(null)).toBeUndefined();
});

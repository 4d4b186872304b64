import { expect, it } from "vitest";
import {
  type ClientCloseReason,
  describeAnswer,
  describeClose,
  describeFailure,
} from "../../src/client/connect-failure.ts";
import { asNetworkError, NetworkError } from "../../src/client/network.ts";
import { answerWith } from "../support/fake-network.ts";

const error = new NetworkError("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1");

it("says in one line why there is no connection", () => {
  expect(describeFailure({ type: "unreachable", transport: "polling", error })).toBe(
    "Nothing listens there (ECONNREFUSED): connect ECONNREFUSED 127.0.0.1:1.",
  );
  expect(describeFailure({ type: "timeout", transport: "websocket", after: 5 })).toContain(
    "within 5 ms (websocket)",
  );
  const answer = answerWith("<html><title>Home</title>", 200);
  expect(describeFailure({ type: "foreign", transport: "polling", answer })).toBe(
    'The server answers 200 with a page ("Home"), which is not Socket.IO: is the path right?',
  );
});

it("shows an answer without what could steer a terminal", () => {
  expect(describeAnswer(answerWith("\x1b[31mno\n way", 400))).toBe("400 \\u001b[31mno way");
  expect(describeAnswer({ ...answerWith("", 301), headers: { location: "/x/" } })).toBe(
    "301, a redirect to /x/",
  );
  expect(describeAnswer(answerWith("", 502))).toBe("502");
});

const reasons: ClientCloseReason[] = [
  { type: "closed here" },
  { type: "server closed" },
  { type: "transport closed", code: 1006, reason: "" },
  { type: "transport error", error },
  { type: "request refused", answer: answerWith("no", 400) },
  { type: "ping timeout", after: 45 },
  { type: "protocol error", message: "what" },
];

it.each(reasons)("says in one line that the connection ended: $type", (reason) => {
  expect(describeClose(reason)).toMatch(/^[A-Z].*\.$/);
});

it("takes the first error where a name has several addresses", () => {
  const several = Object.assign(new AggregateError([Object.assign(new Error("one"), { code: "EX" })]), {
    code: "EX",
  });
  expect(asNetworkError(several)).toMatchObject({ code: "EX", message: "one" });
});

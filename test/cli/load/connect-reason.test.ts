import { expect, it } from "vitest";
import { closeReason, connectReason } from "../../../src/cli/load/connect-reason.ts";
import { NetworkError } from "../../../src/client/network.ts";
import { answerWith } from "../../support/fake-network.ts";

const error = (code: string) => new NetworkError(code, "words");

it("names the end of a connection", () => {
  expect([
    closeReason({ type: "transport closed", code: 1006, reason: "" }),
    closeReason({ type: "transport error", error: error("ECONNRESET") }),
    closeReason({ type: "request refused", answer: answerWith("no", 400) }),
    closeReason({ type: "ping timeout", after: 5 }),
  ]).toEqual(["closed with code 1006", "ECONNRESET", "400 no", "ping timeout"]);
});

it("names what was in the way of a connection", () => {
  const transport = "websocket";
  expect([
    connectReason({ type: "unreachable", transport, error: error("ECONNREFUSED") }),
    connectReason({ type: "unreachable", transport, error: error("EMFILE") }),
    connectReason({ type: "timeout", transport, after: 5 }),
    connectReason({ type: "refused", transport, answer: answerWith("no", 403) }),
    connectReason({ type: "ended", transport, reason: { type: "server closed" } }),
  ]).toEqual([
    "ECONNREFUSED",
    "EMFILE: this process may have no more files open (ulimit -n)",
    "no answer in time",
    "403 no",
    "server closed",
  ]);
});

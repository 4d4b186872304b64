/** Why a client of a load test is not connected, in few words: thousands of them are counted by these. */

import { type ClientCloseReason, type ConnectFailure, describeAnswer } from "../../client/connect-failure.ts";

/** Why a connection ended. */
export function closeReason(reason: ClientCloseReason): string {
  switch (reason.type) {
    case "transport closed":
      return `closed with code ${reason.code}`;
    case "transport error":
      return reason.error.code;
    case "request refused":
      return describeAnswer(reason.answer);
    default:
      return reason.type;
  }
}

/** Why there was no connection. */
export function connectReason(failure: ConnectFailure): string {
  switch (failure.type) {
    case "unreachable":
      return failure.error.code === "EMFILE"
        ? "EMFILE: this process may have no more files open (ulimit -n)"
        : failure.error.code;
    case "timeout":
      return "no answer in time";
    case "refused":
    case "foreign":
      return describeAnswer(failure.answer);
    case "ended":
      return closeReason(failure.reason);
    default:
      return failure satisfies never;
  }
}

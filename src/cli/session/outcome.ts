/** Outcomes of the client as failures of a command: an exit code, and a line that says what to do. */

import { printable, quoted } from "../../base/printable.ts";
import { type ConnectFailure, describeClose, describeFailure } from "../../client/connect-failure.ts";
import type { CallOutcome, JoinOutcome } from "../../client/socketio-client.ts";
import { CommandFailure, type ExitCode, exitCodes } from "../exit-code.ts";
import { showDuration } from "../input/duration.ts";
import { jsonValue, showRefusal } from "../output/event-text.ts";

/** Answers of proxies and web servers that know no Socket.IO server behind them. */
const nothingThere: ReadonlySet<number> = new Set([404, 405, 410, 502, 504]);

/** Why there is no connection. */
export function connectionFailure(failure: ConnectFailure, url: string): CommandFailure {
  const hint = `\`roomcast doctor ${url}\` looks for the cause.`;
  const details =
    failure.type === "refused" ? { status: failure.answer.status, body: failure.answer.body } : {};
  return new CommandFailure(connectionCode(failure), `${describeFailure(failure)} ${hint}`, details);
}

function connectionCode(failure: ConnectFailure): ExitCode {
  switch (failure.type) {
    case "timeout":
      return exitCodes.timedOut;
    case "refused":
      return nothingThere.has(failure.answer.status) ? exitCodes.unreachable : exitCodes.refused;
    case "unreachable":
    case "foreign":
    case "ended":
      return exitCodes.unreachable;
    default:
      return failure satisfies never;
  }
}

/** Why the client is not in a namespace. */
export function joinFailure(
  outcome: Exclude<JoinOutcome, { type: "joined" }>,
  namespace: string,
): CommandFailure {
  const name = quoted(namespace);
  switch (outcome.type) {
    case "refused":
      return new CommandFailure(
        exitCodes.refused,
        `The namespace ${name} refused the client: ${showRefusal(outcome.payload)}`,
        { namespace, payload: outcome.payload },
      );
    case "timeout":
      return new CommandFailure(
        exitCodes.timedOut,
        `The server did not answer within ${showDuration(outcome.after)} whether the client may join ${name}.`,
      );
    case "closed":
      return new CommandFailure(exitCodes.refused, `Not in ${name}: ${describeClose(outcome.reason)}`);
    default:
      return outcome satisfies never;
  }
}

/** Why a call has no answer. */
export function callFailure(
  outcome: Exclude<CallOutcome, { type: "answered" }>,
  event: string,
): CommandFailure {
  const name = quoted(event);
  switch (outcome.type) {
    case "timeout":
      return new CommandFailure(
        exitCodes.timedOut,
        `No answer to ${name} within ${showDuration(outcome.after)}: the server has no handler for it, or the handler does not acknowledge.`,
      );
    case "left":
      return new CommandFailure(
        exitCodes.refused,
        `The server ended the client's stay before it answered ${name}.`,
      );
    case "closed":
      return new CommandFailure(
        exitCodes.refused,
        `The connection ended before ${name} was answered. ${describeClose(outcome.reason)}`,
      );
    default:
      return outcome satisfies never;
  }
}

/** The codes in Roomcast's acknowledgements of events that failed: `{ error: { code, message } }`. */
const errorCodes: ReadonlySet<string> = new Set([
  "ERR_HANDLER_FAILED",
  "ERR_INVALID_EVENT",
  "ERR_NO_HANDLER",
  "ERR_TOO_MANY_EVENTS",
  "ERR_UNKNOWN_EVENT",
]);
/** The message beside a code of the application's own, of `refuse()`. */
const refusalMessage = "The server refused this event.";

/**
 * The failure that an acknowledgement tells of; `null` for every other answer. An application may answer with
 * an object that has an `error`, too: only Roomcast's own form counts.
 */
export function answerFailure(values: readonly unknown[], event: string): CommandFailure | null {
  const [answer, ...others] = values;
  if (others.length > 0 || !isObjectWith(answer, ["error"])) return null;
  const { error } = answer;
  if (!isObjectWith(error, ["code", "message"], ["issues", "data"])) return null;
  const { code, message } = error;
  if (typeof code !== "string" || typeof message !== "string") return null;
  if (!errorCodes.has(code) && message !== refusalMessage) return null;
  return new CommandFailure(
    exitCodes.refused,
    `The server answered ${quoted(event)} with an error: ${printable(message)} (${printable(code)})`,
    { event, error: jsonValue(error) },
  );
}

/** Whether a value is an object with these members, and none but further ones that are named. */
function isObjectWith<Name extends string>(
  value: unknown,
  names: readonly Name[],
  further: readonly string[] = [],
): value is Record<Name, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const known = [...names, ...further];
  return (
    names.every((name) => Object.hasOwn(value, name)) &&
    Object.keys(value).every((name) => known.includes(name))
  );
}

/** Why the command ended early. */
export function interruption(): CommandFailure {
  return new CommandFailure(exitCodes.interrupted, "Ended by Ctrl-C.");
}

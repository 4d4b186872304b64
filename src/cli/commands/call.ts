/** `roomcast call`: connects, sends one event, and prints its acknowledgement. */

import type { Invocation } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { readEventValue } from "../input/event-value.ts";
import { jsonValue } from "../output/event-text.ts";
import { openSession, untilAborted } from "../session/open-session.ts";
import { answerFailure, callFailure, interruption } from "../session/outcome.ts";

/** Calls an event. One value of an answer is printed as it is, several as a list. */
export async function callCommand(invocation: Invocation): Promise<ExitCode> {
  const { values, flags, terminal, signal } = invocation;
  const [, event = "", ...texts] = values;
  const given = texts.map(readEventValue);
  const { session, target } = openSession(invocation, { lasts: false, listener: {} });
  const calling = async (): Promise<ExitCode> => {
    await session.start();
    const { namespace } = target.address;
    const outcome = await session.call(namespace, [event, ...given]);
    await session.stop();
    if (outcome.type !== "answered") throw callFailure(outcome, event);
    const answer = outcome.values.map(jsonValue);
    const ms = Number(outcome.took.toFixed(3));
    if (flags.has("json"))
      terminal.printJson({ type: "answer", event, namespace, values: answer, ms, bytes: outcome.size });
    else if (answer.length > 0) terminal.printJson(answer.length === 1 ? answer[0] : answer);
    const failure = answerFailure(outcome.values, event);
    if (failure !== null) throw failure;
    return exitCodes.done;
  };
  return untilAborted(signal, calling(), () => {
    throw interruption();
  });
}

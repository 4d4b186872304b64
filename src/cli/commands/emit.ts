/** `roomcast emit`: connects, sends one event, and leaves. */

import type { Invocation } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { readEventValue } from "../input/event-value.ts";
import { openSession, untilAborted } from "../session/open-session.ts";
import { interruption } from "../session/outcome.ts";

/** Sends an event. */
export async function emitCommand(invocation: Invocation): Promise<ExitCode> {
  const { values, flags, terminal, signal } = invocation;
  const [, event = "", ...texts] = values;
  const given = texts.map(readEventValue);
  const { session, target } = openSession(invocation, { lasts: false, listener: {} });
  const sending = async (): Promise<ExitCode> => {
    const client = await session.start();
    client.emit(target.address.namespace, event, given);
    await session.stop();
    if (flags.has("json")) terminal.printJson({ type: "sent", event, namespace: target.address.namespace });
    return exitCodes.done;
  };
  return untilAborted(signal, sending(), () => {
    throw interruption();
  });
}

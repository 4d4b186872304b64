/** `roomcast listen`: prints the events that come, or how many there are. */

import { printable } from "../../base/printable.ts";
import { systemClock } from "../../base/time/clock.ts";
import { describeClose, describeFailure } from "../../client/connect-failure.ts";
import type { IncomingEvent } from "../../client/socketio-client.ts";
import type { Invocation } from "../command.ts";
import { CommandFailure, type ExitCode, exitCodes, usageFailure } from "../exit-code.ts";
import { showDuration } from "../input/duration.ts";
import { readEventName, readEventValue, splitWords } from "../input/event-value.ts";
import { EventRates } from "../output/event-rates.ts";
import { jsonValue, showSize, showTime, showValues } from "../output/event-text.ts";
import { openSession, untilAborted } from "../session/open-session.ts";
import { joinFailure } from "../session/outcome.ts";

/** How long it listens where nothing is said, in ms. */
const defaultDuration = 600_000;

/** Prints events until there are enough, the time is over, or Ctrl-C. */
export async function listenCommand(invocation: Invocation): Promise<ExitCode> {
  const { values, flags, terminal, signal } = invocation;
  const wanted = new Set(values.slice(1));
  const count = flags.count("count");
  const duration = flags.duration("for", defaultDuration);
  const first = flags.texts("emit").map((text) => {
    const [event, ...texts] = splitWords(text);
    return { event: event && readEventName(event), values: texts.map(readEventValue) };
  });
  if (first.some(({ event }) => event === undefined))
    throw usageFailure('--emit takes an event and its values, as in --emit \'join {"room":"tea"}\'.');
  const isJson = flags.has("json");
  const rates = flags.has("rate") ? new EventRates() : null;
  let seen = 0;
  let settle: (code: ExitCode | CommandFailure) => void = () => {};
  const finished = new Promise<ExitCode | CommandFailure>((resolve) => {
    settle = resolve;
  });

  const print = ({ namespace, event, values: given, size }: IncomingEvent) => {
    if (isJson) {
      const time = new Date().toISOString();
      terminal.printJson({
        type: "event",
        time,
        namespace,
        event,
        values: given.map(jsonValue),
        bytes: size,
      });
      return;
    }
    const { dim, cyan } = terminal.colors;
    terminal.print(
      `${dim(showTime(new Date()))} ${cyan(printable(event))} ${showValues(given)} ${dim(showSize(size))}`,
    );
  };
  const note = (type: string, text: string) => {
    if (isJson) terminal.printJson({ type, text });
    else terminal.note(terminal.colors.yellow(text));
  };

  const { session, target } = openSession(invocation, {
    lasts: true,
    listener: {
      event: (event) => {
        if (wanted.size > 0 && !wanted.has(event.event)) return;
        if (count !== undefined && seen >= count) return;
        seen += 1;
        if (rates === null) print(event);
        else rates.add(event.event, event.size);
        if (seen === count) settle(exitCodes.done);
      },
      left: (namespace) =>
        settle(
          new CommandFailure(
            exitCodes.refused,
            `The server ended the client's stay in "${printable(namespace)}".`,
          ),
        ),
      lost: (reason, isFinal) => {
        if (!isFinal) note("lost", `${describeClose(reason)} Connecting again.`);
      },
      failed: (failure, delay) =>
        note("failed", `${describeFailure(failure)} The next attempt is in ${showDuration(delay)}.`),
      refused: (namespace, outcome) => {
        if (outcome.type !== "joined") settle(joinFailure(outcome, namespace));
      },
      connected: (client) => {
        if (isJson) terminal.printJson({ type: "connected", transport: client.engine.transport });
      },
    },
  });
  const listening = async (): Promise<ExitCode | CommandFailure> => {
    const client = await session.start();
    for (const { event = "", values: given } of first) client.emit(target.address.namespace, event, given);
    return finished;
  };
  const timer = systemClock.after(
    duration,
    () =>
      settle(
        count === undefined
          ? exitCodes.done
          : new CommandFailure(
              exitCodes.timedOut,
              `${seen} of ${count} events came within ${showDuration(duration)}.`,
            ),
      ),
    true,
  );
  const printer = rates === null ? undefined : setInterval(() => printRates(rates), 1000);
  const printRates = (counted: EventRates) => {
    if (isJson) terminal.printJson({ type: "rate", time: new Date().toISOString(), ...counted.take() });
    else terminal.print(`${terminal.colors.dim(showTime(new Date()))} ${counted.takeLine()}`);
  };
  try {
    const outcome = await untilAborted<ExitCode | CommandFailure>(signal, listening(), () => exitCodes.done);
    if (rates !== null) printRates(rates);
    if (outcome instanceof CommandFailure) throw outcome;
    return outcome;
  } finally {
    timer.cancel();
    clearInterval(printer);
    await session.stop();
  }
}

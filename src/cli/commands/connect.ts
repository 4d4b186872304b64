/** `roomcast connect`: a conversation with a server, at a prompt or through a pipe. */

import { systemClock } from "../../base/time/clock.ts";
import type { Invocation } from "../command.ts";
import { CommandFailure, type ExitCode, exitCodes } from "../exit-code.ts";
import { Conversation } from "../prompt/conversation.ts";
import { Prompt } from "../prompt/prompt.ts";
import { readPromptCommand } from "../prompt/prompt-command.ts";
import { historyPath, PromptHistory } from "../prompt/prompt-history.ts";
import { RecordFile } from "../prompt/record-file.ts";
import { openSession, untilAborted } from "../session/open-session.ts";
import { interruption } from "../session/outcome.ts";
import { readTarget } from "../session/server-target.ts";

/** Talks to a server until the input ends. */
export async function connectCommand(invocation: Invocation): Promise<ExitCode> {
  const { values, flags, terminal, signal } = invocation;
  const target = readTarget(values[0] ?? "", flags, true);
  const { namespace } = target.address;
  const recordPath = flags.text("record");
  const duration = flags.duration("for", 0);
  const isJson = flags.has("json");
  let print = (line: string) => terminal.print(line);
  const conversation = new Conversation({
    colors: terminal.colors,
    isJson,
    record: recordPath === undefined ? null : new RecordFile(recordPath),
    print: (line) => print(line),
    namespace,
    timeout: target.timeout,
  });
  const { session } = openSession(invocation, { lasts: true, listener: conversation.listener });
  conversation.use(session);
  const client = await untilAborted(signal, session.start(), () => {
    throw interruption();
  });
  conversation.tellJoined(namespace, client.namespaces.get(namespace) ?? "");

  const keepsHistory = terminal.isInteractive && !flags.isOff("history");
  const prompt = new Prompt({
    terminal,
    history: new PromptHistory(keepsHistory ? historyPath(terminal.env) : undefined),
    seen: {
      events: conversation.events,
      get namespaces() {
        return conversation.namespaces;
      },
    },
    label: () => terminal.colors.bold(`${conversation.current}> `),
  });
  print = (line) => prompt.print(line);
  const timer = duration === 0 ? undefined : systemClock.after(duration, () => prompt.close(), true);
  signal.addEventListener("abort", () => prompt.close());
  let code: ExitCode = exitCodes.done;
  let isOver = false;
  const tell = (error: unknown) => {
    if (!(error instanceof CommandFailure)) throw error;
    // A call that the end of the prompt cut off is no failure.
    if (isOver) return;
    if (code === exitCodes.done) code = error.code;
    const { message, details } = error;
    if (isJson) print(JSON.stringify({ type: "error", message, code: error.code, ...details }));
    else print(`${terminal.colors.red("error")} ${message}`);
  };

  try {
    for await (const line of prompt.lines()) {
      const running = runLine(line, conversation).catch(tell);
      // A person goes on typing while an answer is awaited; a program wants one thing after the other.
      const goesOn = terminal.isInteractive ? isExit(line) : await untilAborted(signal, running, () => {});
      if (goesOn === true || isExit(line)) break;
    }
  } finally {
    isOver = true;
    timer?.cancel();
    conversation.end();
    prompt.close();
    await session.stop();
  }
  return terminal.isInteractive ? exitCodes.done : code;
}

async function runLine(line: string, conversation: Conversation): Promise<void> {
  await conversation.run(readPromptCommand(line));
}

function isExit(line: string): boolean {
  return ["exit", "quit"].includes(line.trim());
}

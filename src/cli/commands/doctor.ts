/** `roomcast doctor`: looks for what keeps clients from a server, or for what does not fit in a project. */

import { existsSync, statSync } from "node:fs";
import type { Invocation } from "../command.ts";
import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { showFinding, showVerdict } from "../doctor/finding-text.ts";
import { examineProject } from "../doctor/project.ts";
import { CommandFailure, type ExitCode, exitCodes } from "../exit-code.ts";
import { untilAborted } from "../session/open-session.ts";
import { interruption } from "../session/outcome.ts";
import { readTarget } from "../session/server-target.ts";

/** Codes of faults without which there is nothing to talk to. */
const unreachable: ReadonlySet<string> = new Set(["name-unknown", "port-closed", "port-silent"]);

/** Prints findings as they come. */
export async function doctorCommand(invocation: Invocation): Promise<ExitCode> {
  const { values, flags, terminal, signal } = invocation;
  const [subject = ""] = values;
  const isJson = flags.has("json");
  const findings: Finding[] = [];
  const source = isFolder(subject)
    ? examineProject(subject)
    : examine(readTarget(subject, flags, false), flags.has("patient"));
  const printing = async (): Promise<ExitCode> => {
    for await (const finding of source) {
      findings.push(finding);
      if (isJson) terminal.printJson({ type: "finding", ...finding });
      else for (const line of showFinding(finding, terminal.colors)) terminal.print(line);
    }
    const faults = findings.filter(({ verdict }) => verdict === "fault").map(({ code }) => code);
    if (isJson) terminal.printJson({ type: "verdict", faults });
    else terminal.print(showVerdict(findings, terminal.colors));
    if (faults.some((code) => unreachable.has(code))) return exitCodes.unreachable;
    return faults.length === 0 ? exitCodes.done : exitCodes.refused;
  };
  return untilAborted<ExitCode>(signal, printing(), () => {
    throw interruption();
  });
}

/** A name with a slash or a dot in front is a folder; anything else is one only where it is there. */
function isFolder(subject: string): boolean {
  const isPath = /^\.{0,2}\/|^\.{1,2}$/.test(subject);
  if (isPath && !existsSync(subject))
    throw new CommandFailure(
      exitCodes.refused,
      `The folder ${subject} is not there. Give a folder or a URL.`,
    );
  return isPath && statSync(subject).isDirectory();
}

/** `roomcast contract`: describes a contract as an AsyncAPI document, and compares two of them. */

import { writeFileSync } from "node:fs";
import { errorText } from "../../base/foreign-value.ts";
import { nearest } from "../../base/options.ts";
import { printable, quoted } from "../../base/printable.ts";
import type { Invocation } from "../command.ts";
import { type ContractDifference, contractDifferences } from "../contract/contract-difference.ts";
import { documentOf, readDocument } from "../contract/contract-file.ts";
import { type ExitCode, exitCodes, usageFailure } from "../exit-code.ts";
import type { Flags } from "../input/flags.ts";
import type { Colors } from "../terminal.ts";

const actions = ["check", "asyncapi"];

/** Runs `contract asyncapi` or `contract check`. */
export async function contractCommand(invocation: Invocation): Promise<ExitCode> {
  const [action = "", first = "", second] = invocation.values;
  if (action === "asyncapi") {
    if (second !== undefined)
      throw usageFailure(
        `${quoted(second)} is one value too many. Usage: roomcast contract asyncapi <module>`,
      );
    return writeDocument(first, invocation);
  }
  if (action === "check") {
    if (second === undefined)
      throw usageFailure(
        "Give two contracts: roomcast contract check <before> <after>, each a module or a document.",
      );
    return check(first, second, invocation);
  }
  const meant = nearest(action, actions) ?? actions.join(" or ");
  throw usageFailure(`roomcast contract has no part ${quoted(action)}. Did you mean ${meant}?`);
}

async function writeDocument(path: string, { flags, terminal }: Invocation): Promise<ExitCode> {
  if (flags.has("lenient")) throw usageFailure("--lenient belongs to check: asyncapi judges nothing.");
  const options = {
    exported: flags.text("export"),
    title: flags.text("title"),
    version: flags.text("version"),
  };
  const document = await documentOf(path, options);
  const out = flags.text("out");
  const text = JSON.stringify(document, null, 2);
  if (out === undefined) {
    if (flags.has("json")) terminal.printJson(document);
    else terminal.print(text);
    return exitCodes.done;
  }
  try {
    writeFileSync(out, `${text}\n`);
  } catch (error) {
    throw usageFailure(`${quoted(out)} cannot be written: ${printable(errorText(error))}`);
  }
  if (flags.has("json")) terminal.printJson({ type: "written", files: [out] });
  else terminal.print(`${printable(out)} was written.`);
  return exitCodes.done;
}

async function check(before: string, after: string, { flags, terminal }: Invocation): Promise<ExitCode> {
  checkFlags(flags);
  const options = { exported: flags.text("export") };
  const documents = [await readDocument(before, options), await readDocument(after, options)] as const;
  const differences = contractDifferences(...documents);
  const count = (wanted: string) => differences.filter(({ verdict }) => verdict === wanted).length;
  const [breaks, unclear, fine, open] = ["breaks", "unclear", "fine", "open"].map(count) as [
    number,
    number,
    number,
    number,
  ];
  const isCompatible = breaks === 0 && (unclear === 0 || flags.has("lenient"));
  if (flags.has("json")) {
    for (const difference of differences) terminal.printJson({ type: "difference", ...difference });
    terminal.printJson({ type: "summary", compatible: isCompatible, breaks, unclear, fine, open });
  } else {
    for (const difference of differences) terminal.print(shown(difference, terminal.colors));
    if (differences.length > 0) terminal.print("");
    terminal.print(verdictOf({ breaks, unclear, fine, open }, isCompatible));
  }
  return isCompatible ? exitCodes.done : exitCodes.refused;
}

function checkFlags(flags: Flags): void {
  const [foreign] = ["title", "version", "out"].filter((name) => flags.text(name) !== undefined);
  if (foreign !== undefined)
    throw usageFailure(`--${foreign} belongs to asyncapi: check writes no document.`);
}

function shown(
  { verdict, namespace, sender, event, part, path, text }: ContractDifference,
  colors: Colors,
): string {
  const paint = { breaks: colors.red, unclear: colors.yellow, fine: colors.green, open: colors.dim }[verdict];
  const place = namespace === "/" && part !== "namespace" ? [] : [namespace];
  const subject = event === undefined ? [] : [`${sender}.${event}`];
  const what = part === "event" || part === "namespace" ? [] : [part];
  const words = [...place, ...subject, ...what, ...(path === undefined ? [] : [path])];
  return `${paint(verdict.padEnd(7))}  ${printable(`${words.join(" ")}: ${text}`)}`;
}

function verdictOf(
  { breaks, unclear, fine, open }: { breaks: number; unclear: number; fine: number; open: number },
  isCompatible: boolean,
): string {
  const changes = breaks + unclear + fine;
  if (changes === 0) return open === 0 ? "No differences." : "No differences where there are schemas.";
  const counted = `${changes} ${changes === 1 ? "difference" : "differences"}`;
  if (isCompatible && unclear === 0) return `${counted}, none of which breaks clients.`;
  const parts = `${breaks} that ${breaks === 1 ? "breaks" : "break"} clients, ${unclear} that may`;
  const help = breaks === 0 && !isCompatible ? " --lenient passes these." : "";
  return `${counted}: ${parts}.${help}`;
}

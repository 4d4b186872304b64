/** Loads the module of a scenario, and checks what it exports. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { errorText } from "../../../base/foreign-value.ts";
import { nearest } from "../../../base/options.ts";
import { printable, quoted } from "../../../base/printable.ts";
import { usageFailure } from "../../exit-code.ts";
import type { LoadScenario } from "./scenario.ts";

const members: Readonly<Record<keyof LoadScenario, readonly string[]>> = {
  clients: ["number"],
  ramp: ["number", "string"],
  duration: ["number", "string"],
  failIf: ["string", "object"],
  connect: ["function"],
  run: ["function"],
};

/**
 * Loads a scenario.
 *
 * @param path - of its module
 * @throws CommandFailure when it cannot be loaded, or exports something else
 */
export async function loadScenario(path: string): Promise<LoadScenario> {
  const full = resolve(path);
  if (!existsSync(full)) throw usageFailure(`The scenario ${quoted(path)} is not there.`);
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(full).href);
  } catch (error) {
    throw usageFailure(notLoaded(path, error));
  }
  return readScenario(module.default, path);
}

/**
 * Checks the default export of a module.
 *
 * @throws CommandFailure when it is no scenario
 */
export function readScenario(exported: unknown, path: string): LoadScenario {
  if (typeof exported === "function") return { run: exported as NonNullable<LoadScenario["run"]> };
  if (typeof exported !== "object" || exported === null)
    throw usageFailure(
      `${quoted(path)} has no scenario as its default export: a function for each client, or an object with one as \`run\`.`,
    );
  for (const [name, value] of Object.entries(exported)) {
    const kinds = Object.hasOwn(members, name) ? members[name as keyof LoadScenario] : undefined;
    if (kinds === undefined) {
      const meant = nearest(name, Object.keys(members)) ?? Object.keys(members).join(", ");
      throw usageFailure(
        `The scenario ${quoted(path)} has no option ${quoted(name)}. Did you mean ${meant}?`,
      );
    }
    if (value !== undefined && !kinds.includes(typeof value))
      throw usageFailure(
        `${quoted(name)} of the scenario ${quoted(path)} is a ${typeof value}, not a ${kinds[0]}.`,
      );
  }
  return exported;
}

function notLoaded(path: string, error: unknown): string {
  const { code } = error as { code?: unknown };
  const isTypeScript = /\.[cm]?ts$/.test(path);
  if (isTypeScript && (code === "ERR_UNKNOWN_FILE_EXTENSION" || code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"))
    return `This Node (${process.version}) does not load ${quoted(path)}. Node from 22.18 on takes types that can be left out; with others, name it .mts, install tsx, and set NODE_OPTIONS="--import tsx".`;
  if (code === "ERR_REQUIRE_CYCLE_MODULE" || code === "ERR_REQUIRE_ESM")
    return `${quoted(path)} is not taken for a module: name it .mts or .mjs, or set "type": "module" in package.json.`;
  return `The scenario ${quoted(path)} cannot be loaded: ${printable(errorText(error))}`;
}

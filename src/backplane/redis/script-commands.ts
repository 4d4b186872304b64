/** The scripts of recovery, as commands of the Redis package. */

import type { CommandParser, defineScript } from "@redis/client";
import { recoveryScripts, scriptText } from "./recovery-scripts.ts";

/** The name of a script. */
export type ScriptName = keyof typeof recoveryScripts;

/** An argument of a script that is no key. */
export type ScriptArgument = string | Buffer;

/** A script as the package runs it, with the digest by which a server knows it. */
export interface ScriptCommand {
  readonly SCRIPT: string;
  readonly SHA1: string;
  readonly NUMBER_OF_KEYS: number;
  readonly IS_READ_ONLY: false;
  parseCommand(parser: CommandParser, keys: readonly string[], args: readonly ScriptArgument[]): void;
  transformReply(this: void, reply: unknown): unknown;
}

/** All scripts, by name. */
export type ScriptCommands = Record<ScriptName, ScriptCommand>;

/**
 * Makes the commands.
 *
 * @param define - the package's `defineScript`
 * @param isSharded - whether the server has sharded pub/sub
 */
export function scriptCommands(define: typeof defineScript, isSharded: boolean): ScriptCommands {
  const commands = Object.entries(recoveryScripts).map(([name, script]) => {
    const command: ScriptCommand = define({
      SCRIPT: scriptText(script, isSharded),
      NUMBER_OF_KEYS: script.keys,
      // A replica must not get it.
      IS_READ_ONLY: false,
      parseCommand(parser: CommandParser, keys: readonly string[], args: readonly ScriptArgument[]) {
        parser.pushKeys([...keys]);
        parser.push(...args);
      },
      transformReply: (reply: unknown) => reply,
    });
    return [name, command];
  });
  return Object.fromEntries(commands);
}

/** The scripts of recovery, each with the digest by which a server knows it. */

import { nodeCrypto } from "../../base/node-crypto.ts";
import { recoveryScripts, scriptText } from "./recovery-scripts.ts";

/** The name of a script. */
export type ScriptName = keyof typeof recoveryScripts;

/** An argument of a script that is no key. */
export type ScriptArgument = string | Buffer;

/** A script as a server gets it. */
export interface ScriptCommand {
  readonly text: string;
  /** The SHA-1 digest of the text, in hexadecimal digits. */
  readonly digest: string;
}

/** All scripts, by name. */
export type ScriptCommands = Record<ScriptName, ScriptCommand>;

/**
 * Makes the commands.
 *
 * @param isSharded - whether the server has sharded pub/sub
 */
export function scriptCommands(isSharded: boolean): ScriptCommands {
  const commands = Object.entries(recoveryScripts).map(([name, script]) => {
    const text = scriptText(script, isSharded);
    return [name, { text, digest: nodeCrypto().createHash("sha1").update(text).digest("hex") }];
  });
  return Object.fromEntries(commands);
}

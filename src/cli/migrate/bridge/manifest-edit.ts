/** Puts `roomcast` into a `package.json` in the place of `socket.io`. The rest of the file stays as it is. */

import { errorText } from "../../../base/foreign-value.ts";
import { quoted } from "../../../base/printable.ts";
import { usageFailure } from "../../exit-code.ts";

const sections = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"] as const;

/** The entry as npm writes it. */
const entry = /"socket\.io" ?: ?"[^"\n]*"/;

/**
 * Rewrites a manifest.
 *
 * @param range - the versions of `roomcast`, such as `^0.1.0`
 * @returns the new text; the old one where it does not name `socket.io`
 * @throws CommandFailure when it is not JSON
 */
export function manifestEdit(path: string, text: string, range: string): string {
  const manifest = readManifest(path, text);
  const has = (name: string) => sections.some((section) => manifest[section]?.[name] !== undefined);
  if (!has("socket.io")) return text;
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.includes('"socket.io":'));
  const line = lines[at];
  if (line === undefined || !line.trim().startsWith('"socket.io":') || !has("roomcast"))
    return text.replace(entry, () => `"roomcast": "${range}"`);
  const isLast = !line.trimEnd().endsWith(",");
  lines.splice(at, 1);
  // The line before is the last one now, and has no comma.
  const before = lines[at - 1];
  if (isLast && before !== undefined) lines[at - 1] = before.replace(/,(\r?)$/, "$1");
  return lines.join("\n");
}

/** Whether a manifest names a package. */
export function namesPackage(path: string, text: string, name: string): boolean {
  const manifest = readManifest(path, text);
  return sections.some((section) => manifest[section]?.[name] !== undefined);
}

function readManifest(
  path: string,
  text: string,
): Partial<Record<(typeof sections)[number], Record<string, unknown>>> {
  try {
    const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return typeof manifest === "object" && manifest !== null ? manifest : {};
  } catch (error) {
    throw usageFailure(`${quoted(path)} is not JSON: ${errorText(error)}`);
  }
}

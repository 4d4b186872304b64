/** Writes `src/websocket/unmasker-code.ts` from the text beside it: `npm run wat`. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import loadWabt from "wabt";

const folder = new URL("../src/websocket/", import.meta.url);
const text = new URL("unmasker.wat", folder);
const code = new URL("unmasker-code.ts", folder);

/**
 * The TypeScript that holds the module as bytes.
 *
 * @returns {Promise<string>}
 */
export async function assemble() {
  const wabt = await loadWabt();
  const module = wabt.parseWat("unmasker.wat", readFileSync(text, "utf8"), { simd: true });
  try {
    const bytes = Buffer.from(module.toBinary({}).buffer).toString("base64");
    return `/** The bytes of \`unmasker.wat\`. Made by \`npm run wat\`; changes by hand are lost. */
export const unmaskerCode =
  "${bytes.match(/.{1,100}/g)?.join('" +\n  "')}";
`;
  } finally {
    module.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(code, await assemble());

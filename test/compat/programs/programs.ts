/** All programs of one server. */

import { basics } from "./basics.ts";
import { clients } from "./clients.ts";
import { engine } from "./engine.ts";
import { names } from "./names.ts";
import { namespaces } from "./namespaces.ts";
import { options } from "./options.ts";
import { real } from "./real.ts";
import type { Program } from "./stage.ts";

/** The programs by what they show. */
export const programs: Readonly<Record<string, Program>> = {
  ...basics,
  ...clients,
  ...namespaces,
  ...engine,
  ...real,
  ...names,
  ...options,
};

/** Finds the folder of a package that the application has installed. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The folder of an installed package; `undefined` where there is none. The application's own copy comes
 * first, then the one that Roomcast finds.
 *
 * @param name - the package's name
 */
export function installedPackage(name: string): string | undefined {
  const { createRequire } = process.getBuiltinModule("node:module");
  for (const place of [join(process.cwd(), "package.json"), import.meta.url]) {
    const { resolve } = createRequire(place);
    try {
      return dirname(resolve(`${name}/package.json`));
    } catch {
      // Not from here; or its `exports` hide this file, and its folder has to be looked for.
      const folder = (resolve.paths(name) ?? [])
        .map((modules) => join(modules, name))
        .find((each) => existsSync(join(each, "package.json")));
      if (folder !== undefined) return folder;
    }
  }
  return undefined;
}

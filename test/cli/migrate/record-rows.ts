/** Writes `src/cli/migrate/migration-rows.ts` from the pages: `npm run migration-rows`. */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { migrationRows } from "../../support/migration-rows.ts";

const path = fileURLToPath(new URL("../../../src/cli/migrate/migration-rows.ts", import.meta.url));
writeFileSync(path, migrationRows());

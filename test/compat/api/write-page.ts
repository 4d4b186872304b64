/** Writes the tables of docs/reference/socket-io.md. */

import { writeFileSync } from "node:fs";
import { apiPage, pageWithTables } from "./api-page.ts";

writeFileSync(apiPage, pageWithTables());

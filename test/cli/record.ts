/** Writes the recordings of `docs/command-line.md`: `npm run recordings`. Needs nginx. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  recordConnect,
  recordDoctor,
  recordLoad,
  recordMigrate,
  recordTop,
  withRecordings,
} from "../support/recordings.ts";

const path = fileURLToPath(new URL("../../docs/command-line.md", import.meta.url));
const page = readFileSync(path, "utf8");
const recordings = {
  connect: await recordConnect(),
  doctor: await recordDoctor(),
  load: await recordLoad(),
  migrate: await recordMigrate(),
  top: await recordTop(),
};
writeFileSync(path, withRecordings(page, recordings));

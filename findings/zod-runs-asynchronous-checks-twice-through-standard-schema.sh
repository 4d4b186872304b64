#!/usr/bin/env bash
# zod 4.6.7 (valibot 1.4.2 beside it): `schema["~standard"].validate(value)`, the way of Standard Schema by which libraries call
# any validator, tries a synchronous run first. An asynchronous check is called in it, its promise is dropped, and the check is
# called again. So a question to a database is asked twice, and a check that counts counts two. `safeParseAsync` and valibot's
# own way of Standard Schema call it once. One expects one call for one value.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund zod@4.6.7 valibot@1.4.2
cat > seen.mjs <<'PROGRAM'
import * as v from "valibot";
import { z } from "zod";
let calls = 0;
const isFree = async () => {
  calls += 1;
  return true;
};
const callsOf = async (run) => {
  calls = 0;
  await run();
  return calls;
};
const zod = z.object({ room: z.string().refine(isFree) });
const valibot = v.objectAsync({ room: v.pipeAsync(v.string(), v.checkAsync(isFree)) });
const value = { room: "kitchen" };
const counts = [
  `zod, ~standard: ${await callsOf(() => zod["~standard"].validate(value))}`,
  `zod, safeParseAsync: ${await callsOf(() => zod.safeParseAsync(value))}`,
  `valibot, ~standard: ${await callsOf(() => valibot["~standard"].validate(value))}`,
];
console.log(counts.join("; "));
PROGRAM
seen=$(timeout 30 node seen.mjs)
echo "$seen"
[ "$seen" = "zod, ~standard: 2; zod, safeParseAsync: 1; valibot, ~standard: 1" ] || { echo "The behaviour has changed."; exit 1; }

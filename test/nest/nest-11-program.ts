/**
 * Runs the programs on the NestJS that is found where this file stands, over each transport and on both
 * adapters, and prints what was seen. The test has it compiled to CommonJS into the folder of NestJS 11.
 */

import { type BothTranscripts, runOnBoth } from "./nest-stage.ts";
import { programs } from "./programs.ts";

async function run(): Promise<Record<string, BothTranscripts>> {
  const seen: Record<string, BothTranscripts> = {};
  for (const transport of ["websocket", "polling"])
    await Promise.all(
      Object.entries(programs).map(async ([what, program]) => {
        seen[`${what} over ${transport}`] = await runOnBoth(program, transport);
      }),
    );
  return seen;
}

run().then(
  (seen) => process.stdout.write(JSON.stringify(seen), () => process.exit(0)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

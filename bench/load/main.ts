/** The load generator's process: runs the scenarios that the benchmark requests, and ends with it. */

import { scenarioNamed } from "../scenarios/catalogue.ts";
import type { CpuTime } from "../system/process-usage.ts";
import { Load, type Memory } from "./load.ts";
import type { FromLoad, ToLoad } from "./load-messages.ts";

let onMemory: (memory: Memory) => void = () => {};
let onCpu: (cpu: CpuTime) => void = () => {};

process.on("message", (message: ToLoad) => {
  switch (message.type) {
    case "memory":
      onMemory(message.memory);
      break;
    case "cpu":
      onCpu(message.cpu);
      break;
    case "run":
      run(message).then(
        (answer) => tell(answer),
        (error: unknown) =>
          tell({ type: "failure", message: error instanceof Error ? error.message : String(error) }),
      );
      break;
    default:
      message satisfies never;
  }
});
process.on("disconnect", () => process.exit());

async function run({
  scenario: name,
  size,
  pid,
  port,
  dialect,
}: ToLoad & { type: "run" }): Promise<FromLoad> {
  const scenario = scenarioNamed(name);
  if (scenario === undefined) return { type: "failure", message: `there is no scenario ${name}` };
  const load = new Load({
    pid,
    port,
    dialect,
    memory: () =>
      new Promise((resolve) => {
        onMemory = resolve;
        tell({ type: "memory wanted" });
      }),
    askCpu: () =>
      new Promise((resolve) => {
        onCpu = resolve;
        tell({ type: "cpu wanted" });
      }),
  });
  try {
    return { type: "outcome", outcome: await scenario.run(load, size) };
  } finally {
    load.end();
  }
}

function tell(message: FromLoad): void {
  process.send?.(message);
}

/** Messages between the benchmark and its load generator. */

import type { Size } from "../scenarios/scenario.ts";
import type { CpuTime } from "../system/process-usage.ts";
import type { Dialect } from "./dialect.ts";
import type { Memory, Outcome } from "./load.ts";

/** To the load generator. */
export type ToLoad =
  | {
      readonly type: "run";
      readonly scenario: string;
      readonly size: Size;
      readonly pid: number;
      readonly port: number;
      readonly dialect: Dialect["name"];
    }
  | { readonly type: "memory"; readonly memory: Memory }
  | { readonly type: "cpu"; readonly cpu: CpuTime };

/** From the load generator. */
export type FromLoad =
  | { readonly type: "memory wanted" }
  | { readonly type: "cpu wanted" }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | { readonly type: "failure"; readonly message: string };

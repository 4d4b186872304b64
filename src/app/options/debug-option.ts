/** The option `debug` of `new SocketIO()` and `run()`. */

import { option } from "../../base/options.ts";

/** Whether to log every event, and whether with its arguments. */
export type DebugMode = boolean | "payloads";

/** Any other text would be a mistake that shows nothing, or more than was meant. */
export const debugOption = option<DebugMode>(
  false,
  'true, false or "payloads"',
  (value) => typeof value === "boolean" || value === "payloads",
  { aliases: ["engineio_logger"] },
);

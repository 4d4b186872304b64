/** All scenarios, in the order of running and of the report. */

import { ack } from "./ack.ts";
import { binary } from "./binary.ts";
import { broadcast } from "./broadcast.ts";
import { burst } from "./burst.ts";
import { compressedBroadcast } from "./compressed/compressed-broadcast.ts";
import { compressedEcho } from "./compressed/compressed-echo.ts";
import { churn } from "./connections/churn.ts";
import { connect } from "./connections/connect.ts";
import { first } from "./connections/first.ts";
import { idle } from "./connections/idle.ts";
import { echo } from "./echo.ts";
import { fanIn } from "./fan-in.ts";
import { object } from "./object.ts";
import { pipe } from "./pipe.ts";
import { polling } from "./polling.ts";
import { rooms } from "./rooms.ts";
import type { Scenario } from "./scenario.ts";
import { tail } from "./tail.ts";

/** The scenarios that run by default. */
export const scenarios: readonly Scenario[] = [
  echo,
  ack,
  pipe,
  broadcast,
  burst,
  rooms,
  fanIn,
  binary,
  compressedBroadcast,
  compressedEcho,
  polling,
  connect,
  first,
  churn,
  idle,
  tail,
];

/** Finds a scenario, also one that does not run by default. */
export function scenarioNamed(name: string): Scenario | undefined {
  return [...scenarios, object].find((scenario) => scenario.name === name);
}

/** All scenarios, in the order of running and of the report. */

import { ack } from "./ack.ts";
import { binary } from "./binary.ts";
import { broadcast } from "./broadcast.ts";
import { burst } from "./burst.ts";
import { churn } from "./churn.ts";
import { connect } from "./connect.ts";
import { echo } from "./echo.ts";
import { fanIn } from "./fan-in.ts";
import { idle } from "./idle.ts";
import { object } from "./object.ts";
import { pipe } from "./pipe.ts";
import { polling } from "./polling.ts";
import { rooms } from "./rooms.ts";
import type { Scenario } from "./scenario.ts";

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
  polling,
  connect,
  churn,
  idle,
];

/** Finds a scenario, also one that does not run by default. */
export function scenarioNamed(name: string): Scenario | undefined {
  return [...scenarios, object].find((scenario) => scenario.name === name);
}

/** The subpath `roomcast/load`: types for scenarios of load tests, and the function that applies them. */

export {
  defineScenario,
  type LoadScenario,
  type ScenarioClient,
  type ScenarioConnection,
  type ScenarioEvents,
  type ScenarioSeat,
} from "./cli/load/scenario/scenario.ts";

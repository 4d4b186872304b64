/**
 * The subpath `roomcast/contract`: contracts that both ends import. It runs in browsers, and a test holds its
 * size.
 */

export {
  type ContractParts,
  contract,
  type DefinedContract,
  type EventDefinitions,
} from "./contract/contract.ts";
export type { EventErrors, RefusedWith } from "./contract/contract-events.ts";
export { isErrorOf } from "./contract/error-guard.ts";
export {
  type ErrorSchemas,
  type EventDefinition,
  event,
  type SchemaList,
} from "./contract/event-definition.ts";
export type { Contract, EventMap, EventsToClient, EventsToServer, SentAuth } from "./contract/events.ts";
export { type } from "./contract/plain-type.ts";
export { EventRefusal, refuse } from "./contract/refusal.ts";
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  StandardSchema,
} from "./contract/standard-schema.ts";

/** The events of a contract as types: functions of their arguments, as each end sees them. */

import type { Arguments } from "./arguments.ts";
import type { ContractParts, DefinedContract } from "./contract.ts";
import type {
  ErrorSchemas,
  EventDefinition,
  SchemaInputs,
  SchemaList,
  SchemaOutputs,
} from "./event-definition.ts";
import type { SchemaInput } from "./standard-schema.ts";

/** The parts of a contract, or of one that stands in `Register`; none of events that are types alone. */
export type PartsOf<C> =
  C extends DefinedContract<infer Parts>
    ? Parts
    : C extends { contract: DefinedContract<infer Parts> }
      ? Parts
      : // biome-ignore lint/complexity/noBannedTypes: no parts at all
        {};

/** The result of an event: nothing, the one value, or several. */
type Acknowledged<Values extends readonly unknown[]> = Values extends readonly []
  ? // biome-ignore lint/suspicious/noConfusingVoidType: a handler without an acknowledgement returns nothing
    void
  : Values extends readonly [unknown?]
    ? Values[0]
    : Arguments<Values>;

/** Events from clients as the server handles them: with what the schemas made of the arguments. */
export type HandledByServer<Events> = {
  -readonly [Name in keyof Events]: Events[Name] extends EventDefinition<
    infer Values extends SchemaList,
    infer Answer extends SchemaList,
    ErrorSchemas
  >
    ? (...values: SchemaOutputs<Values>) => Acknowledged<SchemaInputs<Answer>>
    : never;
};

/** Events on their way: the values that are sent, and those that come back. */
export type OnTheWay<Events> = {
  -readonly [Name in keyof Events]: Events[Name] extends EventDefinition<
    infer Values extends SchemaList,
    infer Answer extends SchemaList,
    ErrorSchemas
  >
    ? (...values: SchemaInputs<Values>) => Acknowledged<SchemaInputs<Answer>>
    : never;
};

/** Events from the server as it sends them: with what the schemas made of clients' acknowledgements. */
export type SentByServer<Events> = {
  -readonly [Name in keyof Events]: Events[Name] extends EventDefinition<
    infer Values extends SchemaList,
    infer Answer extends SchemaList,
    ErrorSchemas
  >
    ? (...values: SchemaInputs<Values>) => Acknowledged<SchemaOutputs<Answer>>
    : never;
};

/** An error with which an event was refused. */
export interface RefusedWith<Code extends string, Data> {
  readonly code: Code;
  readonly data: Data;
}

type ErrorsBy<Schemas> = {
  [Code in keyof Schemas & string]: RefusedWith<Code, SchemaInput<Schemas[Code]>>;
}[keyof Schemas & string];

/** The errors that a contract names for all its events. */
type SharedErrors<Parts> = Parts extends { errors: infer Schemas } ? ErrorsBy<Schemas> : never;

/** The errors with which a contract lets the server refuse an event from clients. */
export type EventErrors<C, Name> =
  | SharedErrors<PartsOf<C>>
  | (PartsOf<C> extends { client: infer Events }
      ? Name extends keyof Events
        ? Events[Name] extends EventDefinition<SchemaList, SchemaList, infer Errors>
          ? ErrorsBy<Errors>
          : never
        : never
      : never);

/** The errors of all events from clients. */
export type AnyError<C> =
  | SharedErrors<PartsOf<C>>
  | (PartsOf<C> extends { client: infer Events } ? EventErrors<C, keyof Events> : never);

/** Whether a contract is a value whose errors are known, not types alone. */
export type HasErrors<C> =
  ContractParts extends PartsOf<C> ? false : [AnyError<C>] extends [never] ? false : true;

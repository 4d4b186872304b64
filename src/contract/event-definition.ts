/** One event of a contract: the schemas of its arguments, its acknowledgement and its errors. */

import { RoomcastError } from "../base/errors.ts";
import { isSchema, type SchemaInput, type SchemaOutput, type StandardSchema } from "./standard-schema.ts";

/** The schemas of several values, in order. */
export type SchemaList = readonly StandardSchema[];

/** The schemas of errors' data, by the errors' codes. */
export type ErrorSchemas = Readonly<Record<string, StandardSchema>>;

/** An event of a contract. Made by {@link event}. */
export interface EventDefinition<
  Values extends SchemaList = SchemaList,
  Answer extends SchemaList = SchemaList,
  Errors extends ErrorSchemas = ErrorSchemas,
> {
  /** The schemas of the arguments. */
  readonly values: Values;
  /** The schemas of the acknowledged values; none where the acknowledgement is empty. */
  readonly answer: Answer;
  /** The errors with which the event may be refused. */
  readonly errors: Errors;
}

/** What {@link event} takes besides the arguments. */
export interface EventDetails {
  /** The schema of the acknowledged value, or a list of several. */
  readonly answer?: StandardSchema | SchemaList;
  /** The schemas of the data of the event's own errors, by the errors' codes. */
  readonly errors?: ErrorSchemas;
}

// What an event is expected to be must not decide what it is: so no parameter of `event()` stands in its
// result by itself.
type ListOf<Given> = Given extends infer Schema extends StandardSchema
  ? readonly [Schema]
  : Given extends readonly [...infer List extends SchemaList]
    ? List
    : SchemaList;

type AnswerIn<Details> = Details extends { answer: infer Answer } ? ListOf<Answer> : [];

// biome-ignore lint/complexity/noBannedTypes: an event without errors of its own
type ErrorsIn<Details> = Details extends { errors: infer Errors extends ErrorSchemas } ? Errors : {};

/**
 * Defines an event: `event()`, `event(z.string())`, `event([z.number(), z.number()])`.
 *
 * @param values - the schema of the argument; a list for several arguments
 * @param details - `answer`: the schema of the acknowledgement, or a list; `errors`: the schemas of errors'
 *   data
 * @throws {@link RoomcastError} `ERR_CONTRACT` for something else than schemas
 */
export function event<
  const Values extends StandardSchema | SchemaList = [],
  // biome-ignore lint/complexity/noBannedTypes: an event without an acknowledgement and errors
  const Details extends EventDetails = {},
>(values?: Values, details?: Details): EventDefinition<ListOf<Values>, AnswerIn<Details>, ErrorsIn<Details>> {
  const { answer, errors = {} }: EventDetails = details ?? {};
  return {
    values: listOf(values) as ListOf<Values>,
    answer: listOf(answer) as AnswerIn<Details>,
    errors: checkSchemas(errors) as ErrorsIn<Details>,
  };
}

function listOf(given: StandardSchema | SchemaList = []): SchemaList {
  return checkSchemas(Array.isArray(given) ? (given as SchemaList) : [given as StandardSchema]);
}

/** Checks that the members of a list or an object are schemas. */
export function checkSchemas<Schemas extends object>(schemas: Schemas): Schemas {
  for (const [name, schema] of Object.entries(schemas)) {
    if (!isSchema(schema))
      throw new RoomcastError(
        "ERR_CONTRACT",
        `"${name}" is no Standard Schema: use type<T>(), Zod 4, Valibot 1 or ArkType 2.`,
      );
  }
  return schemas;
}

/** Makes the last values optional that may be `undefined`. */
type OptionalEnd<Values extends readonly unknown[]> = Values extends readonly [...infer Head, infer Last]
  ? unknown extends Last
    ? Values
    : undefined extends Last
      ? [...OptionalEnd<Head>, Last?]
      : Values
  : Values;

/** The values that schemas are made for. */
export type SchemaInputs<Schemas extends SchemaList> = OptionalEnd<{
  -readonly [Index in keyof Schemas]: SchemaInput<Schemas[Index]>;
}>;

/** What schemas make of them. */
export type SchemaOutputs<Schemas extends SchemaList> = OptionalEnd<{
  -readonly [Index in keyof Schemas]: SchemaOutput<Schemas[Index]>;
}>;

/**
 * What a schema is: any object that follows the specification Standard Schema 1.1, as those of Zod, Valibot
 * and ArkType do. Its member `jsonSchema` is that of Standard JSON Schema.
 */

/**
 * A schema.
 *
 * @typeParam Input - the values that it is made for
 * @typeParam Output - what it makes of them
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": SchemaProperties<Input, Output>;
}

/** What a schema can do. */
export interface SchemaProperties<Input, Output> {
  readonly version: 1;
  /** The library that made it. */
  readonly vendor: string;
  /** Never there at run time: it carries the types. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  /** Checks a value. The same schema may answer some values at once and others later. */
  validate(value: unknown): SchemaResult<Output> | Promise<SchemaResult<Output>>;
  /** Describes the values as JSON Schema, where the library can. */
  readonly jsonSchema?: SchemaDescriber | undefined;
}

/** What a schema makes of a value. It fits if there are no `issues`, whatever else the result holds. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** Why a value does not fit. */
export interface SchemaIssue {
  readonly message: string;
  /** Where in the value: keys, or objects that hold one. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Describes the values of a schema as JSON Schema. */
export interface SchemaDescriber {
  input(options: SchemaDescription): Record<string, unknown>;
  output(options: SchemaDescription): Record<string, unknown>;
}

/** How values are described. */
export interface SchemaDescription {
  readonly target: "draft-2020-12" | "draft-07";
  /** What the schema's own library takes besides. */
  readonly libraryOptions?: Record<string, unknown> | undefined;
}

/** The values that a schema is made for. */
export type SchemaInput<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema["~standard"]["types"]>["input"]
  : never;

/** What a schema makes of them. */
export type SchemaOutput<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema["~standard"]["types"]>["output"]
  : never;

/** Whether a value is a schema. ArkType's are functions. */
export function isSchema(value: unknown): value is StandardSchema {
  const holds = (typeof value === "object" && value !== null) || typeof value === "function";
  return holds && (value as Partial<StandardSchema>)["~standard"]?.version === 1;
}

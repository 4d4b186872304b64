/** A schema that is a type alone: it checks nothing. */

import type { StandardSchema } from "./standard-schema.ts";

/**
 * A type where a contract takes a schema. Values pass unchecked.
 *
 * `type<Uint8Array>()`, or `type()` for an error without data.
 *
 * @typeParam Value - the type of the values
 */
export function type(): StandardSchema<undefined>;
export function type<Value>(): StandardSchema<Value>;
export function type<Value>(): StandardSchema<Value> {
  const describe = () => ({});
  return {
    "~standard": {
      version: 1,
      vendor: "roomcast",
      validate: (value) => ({ value: value as Value }),
      jsonSchema: { input: describe, output: describe },
    },
  };
}

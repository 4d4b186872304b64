/** Passes several positional arguments where the API takes one value. */

/** Several arguments of an event or an acknowledgement. Made by {@link args}. */
export class Arguments<Values extends readonly unknown[] = readonly unknown[]> {
  declare readonly values: Values;

  /** @param values - the arguments, in order */
  constructor(values: Values) {
    this.values = values;
  }
}

/**
 * Passes several positional arguments where the API takes one value.
 *
 * `emit("move", args(x, y))`, or `return args(a, b)` for an acknowledgement of two values.
 *
 * @param values - the arguments, in order
 */
export function args<Values extends readonly unknown[]>(...values: Values): Arguments<Values> {
  return new Arguments(values);
}

/** Several arguments where they are wanted. Its name is what the compiler then says: write `args(…)`. */
export interface UseArgs<Values extends readonly unknown[] = readonly unknown[]> extends Arguments<Values> {}

/** The arguments for a value: none for `undefined`, several for {@link args}, else the value itself. */
export function toArguments(data: unknown): readonly unknown[] {
  if (data === undefined) return [];
  return data instanceof Arguments ? data.values : [data];
}

/** The value for an answer's arguments: nothing, the one value, or a list of several. */
export function fromArguments(values: readonly unknown[]): unknown {
  return values.length > 1 ? values : values[0];
}

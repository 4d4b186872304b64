/** Several positional arguments where the API takes one value. */

/** Several values that travel as an event's or an acknowledgement's arguments. Made by {@link args}. */
export class Arguments<Values extends readonly unknown[] = readonly unknown[]> {
  readonly values: Values;

  /** @param values - the arguments in order */
  constructor(values: Values) {
    this.values = values;
  }
}

/**
 * Puts several positional arguments where the API takes one value: `emit("move", args(x, y))`, or
 * `return args(a, b)` for an acknowledgement of two values.
 *
 * @param values - the arguments in order
 */
export function args<Values extends readonly unknown[]>(...values: Values): Arguments<Values> {
  return new Arguments(values);
}

/** The arguments that a value stands for: none for `undefined`, several for {@link args}, else the value itself. */
export function toArguments(data: unknown): readonly unknown[] {
  if (data === undefined) return [];
  return data instanceof Arguments ? data.values : [data];
}

/** What a handler or caller gets for an answer: nothing, the one value, or a list of several. */
export function fromArguments(values: readonly unknown[]): unknown {
  return values.length > 1 ? values : values[0];
}

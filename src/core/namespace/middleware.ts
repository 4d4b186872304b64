/** Functions around every handler, one inside the other. */

/** Calls the next function, and at last the handler; resolves to what the handler returns. */
export type Next = () => Promise<unknown>;

/** A function around handlers. What it returns is the result, so most return what `next()` resolves to. */
export type Middleware<Context> = (context: Context, next: Next) => unknown;

/** What `next()` returns. It knows whether anybody waits for it. */
class NextResult extends Promise<unknown> {
  awaited = false;

  /** What is derived from it is a promise like any other. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<Value, Reason>(
    onValue?: ((value: unknown) => Value | PromiseLike<Value>) | null,
    onReason?: ((reason: unknown) => Reason | PromiseLike<Reason>) | null,
  ): Promise<Value | Reason> {
    this.awaited = true;
    return super.then(onValue, onReason);
  }
}

/**
 * Runs a handler inside a chain of middleware. A function that calls `next()` and does not wait for it is waited for
 * together with what it called, whose error becomes its own.
 *
 * @param chain - the functions, outermost first
 * @param context - what each of them is given
 * @param handler - what stands in the middle
 */
export async function runMiddleware<Context>(
  chain: readonly Middleware<Context>[],
  context: Context,
  handler: () => unknown,
): Promise<unknown> {
  const run = async (index: number): Promise<unknown> => {
    const middleware = chain[index];
    if (middleware === undefined) return handler();
    let inner: NextResult | null = null as NextResult | null;
    try {
      return await middleware(context, () => {
        if (inner !== null) throw new Error("next() was called more than once in the same middleware");
        inner = new NextResult((resolve) => resolve(run(index + 1)));
        return inner;
      });
    } finally {
      if (inner?.awaited === false) await inner;
    }
  };
  return run(0);
}

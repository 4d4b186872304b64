/** Runs middleware around every handler, each function inside the one before. */

/** Calls the next function, and at last the handler. Resolves to the handler's result. */
export type Next = () => Promise<unknown>;

/** A function around handlers. It returns the result, usually that of `next()`. */
export type MiddlewareFunction<Context> = (context: Context, next: Next) => unknown;

/** The promise that `next()` returns. It knows whether the middleware awaits it. */
class NextResult extends Promise<unknown> {
  awaited = false;

  /** A promise derived from it is an ordinary one. */
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
 * Runs a handler inside a chain of middleware.
 *
 * A function may call `next()` without awaiting it. Then the chain still waits for that call, and its error
 * becomes the function's error.
 *
 * @param chain - the functions, outermost first
 * @param context - the first argument of each function
 * @param handler - runs inside all of them
 */
export async function runMiddleware<Context>(
  chain: readonly MiddlewareFunction<Context>[],
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

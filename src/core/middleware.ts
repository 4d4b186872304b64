/** Functions around every handler, one inside the other. */

/** Calls the next function, and at last the handler; resolves to what the handler returns. */
export type Next = () => Promise<unknown>;

/** A function around handlers. What it returns is the result, so most return what `next()` resolves to. */
export type Middleware<Context> = (context: Context, next: Next) => unknown;

/**
 * Runs a handler inside a chain of middleware.
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
    let called = false;
    return middleware(context, () => {
      if (called) return Promise.reject(new Error("next() was called more than once in the same middleware"));
      called = true;
      return run(index + 1);
    });
  };
  return run(0);
}

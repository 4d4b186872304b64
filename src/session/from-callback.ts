/**
 * Turns a call that takes a Node-style callback into a promise. It also rejects when the call throws, or
 * returns a promise that rejects, as async functions written for a callback API do when they fail before they
 * call back.
 */
export function fromCallback<Value>(
  call: (done: (error?: unknown, value?: Value) => void) => unknown,
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const returned = call((error, value) => (error ? reject(error) : resolve(value)));
    if (returned instanceof Promise) returned.catch(reject);
  });
}

/** Events as something to loop over: `for await (const [text] of socket.events("said"))`. */

import { dropped } from "./client-error.ts";

/** What a loop needs of the socket. */
export interface LoopSource {
  /** Calls a listener with each event's values, until the returned function is called. */
  on(event: string, listener: (...values: never[]) => void): () => void;
  /** Calls a function at each change of state, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  readonly state: string;
}

/** The most events that wait for a loop. */
const maxWaiting = 1000;

/**
 * Loops over the values of an event until the socket is closed, the signal is aborted, or the loop is left.
 *
 * @throws ClientError `ERR_DROPPED` in the loop, when 1000 events wait for it
 */
export async function* eventLoop(
  socket: LoopSource,
  event: string,
  signal?: AbortSignal,
): AsyncGenerator<unknown[], void, undefined> {
  const waiting: unknown[][] = [];
  let wake = () => {};
  const onChange = () => wake();
  const stop = socket.on(event, (...values: unknown[]) => {
    waiting.push(values);
    wake();
  });
  const unsubscribe = socket.subscribe(onChange);
  signal?.addEventListener("abort", onChange);
  try {
    while (!signal?.aborted) {
      if (waiting.length > maxWaiting) throw dropped(event);
      const values = waiting.shift();
      if (values) yield values;
      else if (socket.state === "closed") return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    stop();
    unsubscribe();
    signal?.removeEventListener("abort", onChange);
  }
}

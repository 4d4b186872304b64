/**
 * Answers the acknowledgement of a message whose handler has failed. Nest's exception filters send the event
 * `exception`, and leave a client that waits for an acknowledgement waiting.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Socket } from "../compat/index.ts";

/** A message of a client that waits for its acknowledgement. */
interface WaitingMessage {
  readonly socket: Socket;
  answer(exception: unknown): void;
}

/** The message that is being handled. */
const current = new AsyncLocalStorage<WaitingMessage>();

/** Has the events `exception` for a client answer the message whose handler, or filter, sends them. */
export function answerExceptions(socket: Socket): void {
  const emit = socket.emit as (...values: unknown[]) => boolean;
  const watched = (...values: unknown[]): boolean => {
    const sent = Reflect.apply(emit, socket, values);
    const [event, exception] = values;
    const message = event === "exception" ? current.getStore() : undefined;
    // A handler may send this event to other clients.
    if (message?.socket === socket) message.answer(exception);
    return sent;
  };
  socket.emit = watched as Socket["emit"];
}

/**
 * Handles a message so that its exceptions are answered.
 *
 * @param answer - acknowledges the message; later calls do nothing
 */
export function handleMessage<Result>(
  socket: Socket,
  answer: (exception: unknown) => void,
  handle: () => Result,
): Result {
  return current.run({ socket, answer }, handle);
}

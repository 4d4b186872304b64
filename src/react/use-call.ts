/** A component's call, and what became of it. */

import { useCallback, useRef, useState } from "react";
import type { CallError } from "../browser/client-error.ts";
import type { ClientSocket, NamesOf } from "../browser/client-socket.ts";
import type { ClientCallOptions } from "../browser/event-sender.ts";
import type { DataAndOptions, EventAnswer, EventsToServer } from "../contract/events.ts";

/** A call with the state of its latest use. */
export interface UsedCall<C, Name extends NamesOf<EventsToServer<C>>> {
  /** Sends the event. The promise may be ignored: the state has its result. */
  readonly call: (
    ...values: DataAndOptions<EventsToServer<C>[Name], ClientCallOptions>
  ) => Promise<EventAnswer<EventsToServer<C>[Name]>>;
  /** The latest answer; `undefined` before, and after an error. */
  readonly data: EventAnswer<EventsToServer<C>[Name]> | undefined;
  /** Why the latest call has no answer; `undefined` if it has one. Its code tells what data it has. */
  readonly error: CallError<C, Name> | undefined;
  readonly pending: boolean;
}

/**
 * Calls the server, and renders with what comes of it. Where calls overlap, the latest one counts.
 *
 * @param socket - from `useSocket()` or `connect()`
 * @param event - the event's name
 */
export function useCall<C, Name extends NamesOf<EventsToServer<C>>>(
  socket: ClientSocket<C>,
  event: Name,
): UsedCall<C, Name> {
  const [state, setState] = useState<Pick<UsedCall<C, Name>, "data" | "error" | "pending">>({
    data: undefined,
    error: undefined,
    pending: false,
  });
  const latest = useRef<unknown>(undefined);
  const call = useCallback<UsedCall<C, Name>["call"]>(
    (...values) => {
      const answer = socket.call(event, ...values);
      latest.current = answer;
      setState((before) => ({ ...before, pending: true }));
      const settle = (data?: EventAnswer<EventsToServer<C>[Name]>, error?: CallError<C, Name>) => {
        if (latest.current === answer) setState({ data, error, pending: false });
      };
      answer.then(settle, (error: CallError<C, Name>) => settle(undefined, error));
      return answer;
    },
    [socket, event],
  );
  return { call, ...state };
}

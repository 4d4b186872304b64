/** Passes on the answers that fit what the application has declared. */

import type { CheckedAnswer, EventRules } from "../event-rules.ts";
import type { AckListener } from "../model/ack-listener.ts";
import type { AckRequest } from "../ports.ts";

/**
 * Puts a check before a listener: an answer that does not fit becomes a failure. The end waits for checks
 * that take time.
 *
 * @param rules - check the answers
 * @param request - the event that is answered
 * @param inquiry - has the listener
 */
export function checkedListener(
  rules: EventRules,
  { target: { namespace }, event }: AckRequest,
  { listener }: { readonly listener: AckListener },
): AckListener {
  let pending = 0;
  let end: readonly string[] | null = null;
  const pass = (sid: string, checked: CheckedAnswer) => {
    if (checked === null) listener.onFailure(sid, "invalid");
    else listener.onAnswer(sid, checked);
  };
  return {
    onAnswer(sid, values) {
      const checked = rules.answered({ namespace, event, sid, values });
      if (!(checked instanceof Promise)) {
        pass(sid, checked);
        return;
      }
      pending += 1;
      void checked.then((late) => {
        pending -= 1;
        pass(sid, late);
        if (pending === 0 && end !== null) listener.onEnd(end);
      });
    },
    onFailure: (sid, failure) => listener.onFailure(sid, failure),
    onEnd(missing) {
      end = missing;
      if (pending === 0) listener.onEnd(missing);
    },
  };
}

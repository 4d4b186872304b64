/** How events are checked, and to what a check reports. */

import { RoomcastError } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { DefinedContract } from "../../contract/contract.ts";
import { issueText, type Validated } from "../../contract/validation.ts";

/** The limits of checks. */
export interface ValidationLimits {
  /** How long a check may take that does not end at once, in ms. */
  readonly validationTimeout: number;
  /** How many issues are kept of each check. */
  readonly maxIssues: number;
}

/** What checks need of the server. */
export interface ValidationSettings extends ValidationLimits {
  /** Whether what the program sends is checked, too. */
  readonly outgoing: boolean;
  readonly clock: Clock;
  readonly trace: Trace;
  /** A check has begun that does not end at once. */
  onStart(): void;
  /** It has ended. */
  onEnd(): void;
  /** Reports an error that belongs to no handler. */
  report(error: unknown): void;
}

/** What happens to one contract's events. */
export interface ContractScope {
  readonly contract: DefinedContract;
  readonly settings: ValidationSettings;
}

/**
 * Bounds the time of a check that does not end at once.
 *
 * @param what - the checked value, for the message: `the event "say"`
 * @throws {@link RoomcastError} `ERR_CONTRACT` when it takes too long
 */
export function inTime(
  check: Promise<Validated>,
  what: string,
  { validationTimeout, clock }: Pick<ValidationSettings, "validationTimeout" | "clock">,
): Promise<Validated> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(validationTimeout, () =>
      reject(
        new RoomcastError(
          "ERR_CONTRACT",
          `The schema of ${what} gave no result within ${validationTimeout} ms (validationTimeout).`,
        ),
      ),
    );
    check.then(resolve, reject).finally(() => timer.cancel());
  });
}

/**
 * The error for values that the program itself has given, and that do not fit.
 *
 * @param what - the values, as in `The event "said"`
 */
export function misfit(what: string, { issues = [] }: Validated): RoomcastError {
  return new RoomcastError("ERR_CONTRACT", `${what} does not fit the contract: ${issueText(issues)}.`);
}

/** The port of events between servers of another make, where their format has such events. */

/** Gets the events of other servers; `answer` is `null` where no answer is asked for. */
export type ForeignServerListener = (
  namespace: string,
  values: readonly unknown[],
  answer: ((value: unknown) => void) | null,
) => void;

/** What other servers have answered in time. */
export interface ForeignAnswers {
  readonly responses: readonly unknown[];
  /** How many servers were asked. */
  readonly expected: number;
}

/** Sends events to the other servers, and gets theirs. */
export interface ForeignServerEvents {
  listener: ForeignServerListener | null;
  /** Gets the events of a namespace from now on, also while it has no clients. */
  serve(namespace: string): void;
  /** Gets them no more. */
  leave(namespace: string): void;
  tell(namespace: string, values: readonly unknown[]): void;
  /**
   * Asks the other servers, and waits until each has answered.
   *
   * @param timeout - how long to wait, in ms
   */
  ask(namespace: string, values: readonly unknown[], timeout: number): Promise<ForeignAnswers>;
  /** How many servers there are, this one among them. */
  count(namespace: string): Promise<number>;
}

/** The port through which events that are sent, and clients' answers to them, are checked. */

/** What the application has declared of its events. */
export interface EventRules {
  /**
   * The application is about to send an event.
   *
   * @throws {@link RoomcastError} `ERR_CONTRACT` where it must not be sent
   */
  onSend(namespace: string, event: string, values: readonly unknown[]): void;
  /**
   * A client has answered an event. Never throws or rejects.
   *
   * @returns the values to use, at once or later; `null` for an answer that does not fit
   */
  answered(answer: ReceivedAnswer): CheckedAnswer | Promise<CheckedAnswer>;
}

/** A client's answer. */
export interface ReceivedAnswer {
  readonly namespace: string;
  readonly event: string;
  /** The client; empty where it is not known. */
  readonly sid: string;
  readonly values: readonly unknown[];
}

/** The values of an answer; `null` where they do not fit. */
export type CheckedAnswer = readonly unknown[] | null;

/** Who asks several clients, in whatever process they are. */

/** Why a client gave no answer: it took too long, or is not there any more. */
export type InquiryFailure = "timeout" | "disconnected";

/** Who asks. */
export interface AckListener {
  /** A client has answered. */
  onAnswer(sid: string, values: readonly unknown[]): void;
  /** A client will not answer. */
  onFailure(sid: string, failure: InquiryFailure): void;
  /**
   * Nothing more is to come; called once, and last.
   *
   * @param missing - names the processes that have clients who may have been meant, and were not heard of
   */
  onEnd(missing: readonly string[]): void;
}

/** Receives the acknowledgements of several clients, of this process or of others. */

/**
 * Why a client gave no answer: the timeout came, the client left, or its answer does not fit the contract of
 * the process that asked.
 */
export type AckFailure = "timeout" | "disconnected" | "invalid";

/** Receives acknowledgements. */
export interface AckListener {
  /** A client has answered. */
  onAnswer(sid: string, values: readonly unknown[]): void;
  /** A client does not answer. */
  onFailure(sid: string, failure: AckFailure): void;
  /**
   * Every client has answered or failed. Called once, and last.
   *
   * @param missing - names of processes that may have clients of the target and did not answer
   */
  onEnd(missing: readonly string[]): void;
}

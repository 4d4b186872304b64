/** Why a message that came by the message queue is not taken. */

/** A kind of problem. The operator is told once of each. */
export type MessageProblem =
  /** Its form is not known here. */
  | "unreadable"
  /** It came on a subject of other messages. */
  | "misplaced"
  /** It holds an event that must not go to clients. */
  | "unfit"
  /** It names another address for a process than an earlier message. */
  | "other relay"
  /** It is a sign of life of one process too many. */
  | "crowd"
  /** It has a signature, and this process has no secret. */
  | "signed"
  /** It has no signature, and this process has a secret. */
  | "unsigned"
  /** It was signed with another secret. */
  | "other secret"
  /** Its signature does not fit. */
  | "forged"
  /** It was signed too long ago, or the clocks differ. */
  | "stale"
  /** It came before. */
  | "repeated";

/** Learns of such messages. */
export interface MessageProblemListener {
  /**
   * A message was not taken.
   *
   * @param problem - the kind
   * @param details - more about this message
   */
  onIgnored(problem: MessageProblem, details: string): void;
}

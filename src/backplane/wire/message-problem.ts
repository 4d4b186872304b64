/** Why a message that came by the message queue is not taken. */

/** A kind of problem, of which the operator is told once. */
export type MessageProblem =
  /** It is in no form that is known here. */
  | "unreadable"
  /** It came on a subject that is not its own. */
  | "misplaced"
  /** It holds what must not go to clients. */
  | "unfit"
  /** It names another address for a process than the one that is known. */
  | "other relay"
  /** It is a sign of life of more processes than there can be. */
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

/** Hears of such messages. */
export interface MessageProblemListener {
  /**
   * A message was not taken.
   *
   * @param problem - of which kind
   * @param details - what is known besides
   */
  onIgnored(problem: MessageProblem, details: string): void;
}

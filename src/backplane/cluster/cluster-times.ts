import type { MemberTimes } from "../members/members.ts";

/** How long a cluster waits, in ms. */
export interface ClusterTimes extends MemberTimes {
  /** For the answer of another process, or the confirmation of a subscription. */
  readonly answerTimeout: number;
  /** Until a room that has lost its last member here is unsubscribed. */
  readonly linger: number;
}

/** The times that a cluster takes where none are given. */
export const defaultClusterTimes: ClusterTimes = {
  heartbeatInterval: 1500,
  deadAfter: 10_000,
  introduction: 300,
  answerTimeout: 2000,
  linger: 5000,
};

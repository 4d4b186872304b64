/** What one process knows of a client of a recoverable namespace that several share. */

import type { MembershipHistory, SetNumber } from "../../core/recovery/membership-history.ts";
import type { RecoverySession } from "../../core/recovery/recovery-log.ts";
import type { Suspect } from "../bus/open-requests.ts";
import { digestOf } from "../wire/digest.ts";

/** The name of a client's record in the broker. */
export function recordKeyOf(pid: string): string {
  return digestOf(pid);
}

/** See above. */
export class SessionState<Session extends RecoverySession> implements Suspect {
  readonly session: Session;
  /** The name of its record: who reads that must not be able to come back as the client, as whoever knows its `pid` can. */
  readonly key: string;
  readonly where: MembershipHistory;
  /** Counts how often a process has taken the client: whoever knows an older one has lost it. */
  generation: number;
  /** Whether there is a record of it. */
  isStored: boolean;
  /** Until this number it is known which events were for it. */
  through = 0;
  /** Whether it is here, and its channels are heard for it. */
  isHere = false;
  /** Whether it will have to begin anew: an event for it may not be known whole. */
  isTainted = false;
  /** Whether it is being taken back: what is known of it is written afterwards. */
  isClaimed = false;
  /** Whether it only stands for one that asks to return: it has no record, and nothing comes here for it. */
  isDraft = false;
  /** Whether something is to be written. */
  isDirty = false;
  breaks = 0;
  /** Where numbers are missing that the broker has not told yet. */
  readonly open = new Set<SetNumber>();
  /** What to wait for until it is written; `null` when it is. */
  saving: Promise<void> | null = null;

  constructor(session: Session, where: MembershipHistory, generation: number, isStored: boolean) {
    this.session = session;
    this.key = recordKeyOf(session.pid);
    this.where = where;
    this.generation = generation;
    this.isStored = isStored;
  }
}

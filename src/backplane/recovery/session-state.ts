/** The state of one client of a shared recoverable namespace, in the node that has the client. */

import type { MembershipHistory, SetNumber } from "../../core/recovery/membership-history.ts";
import type { RecoverySession } from "../../core/recovery/recovery-log.ts";
import type { Suspect } from "../bus/open-requests.ts";
import { digestOf } from "../wire/digest.ts";

/** The name of a client's record in the broker. */
export function recordKeyOf(pid: string): string {
  return digestOf(pid);
}

/** A client as its node knows it. */
export class SessionState<Session extends RecoverySession> implements Suspect {
  readonly session: Session;
  /**
   * The name of its record. A reader of the broker must not learn the `pid`, which lets it come back as the
   * client.
   */
  readonly key: string;
  readonly where: MembershipHistory;
  /** Counts claims of the client. A node with an older generation has lost it. */
  generation: number;
  /** Whether the broker has a record of it. */
  isStored: boolean;
  /** Up to this offset it is known which events were for the client. */
  through = 0;
  /** Whether the client is connected here, and its channels are held. */
  isHere = false;
  /** Whether the client cannot recover: an event for it may be missing. */
  isTainted = false;
  /** Whether a claim is pending. Writes wait until it ends. */
  isClaimed = false;
  /** Whether it only stands for a client that asks to return. A draft has no record and holds no channels. */
  isDraft = false;
  /** Whether the record has to be written. */
  isDirty = false;
  breaks = 0;
  /** Receivers of offsets that the broker has not told yet. */
  readonly open = new Set<SetNumber>();
  /** Resolves when the current write ends; `null` when there is none. */
  saving: Promise<void> | null = null;

  constructor(session: Session, where: MembershipHistory, generation: number, isStored: boolean) {
    this.session = session;
    this.key = recordKeyOf(session.pid);
    this.where = where;
    this.generation = generation;
    this.isStored = isStored;
  }
}

/** The record of a client as a broker stores it: its text, and how long it stays there. */

import type { WhereaboutsData } from "../../core/recovery/membership-history.ts";
import type { RecoverySession, SessionRecord, SharedLogBounds } from "../../core/recovery/recovery-log.ts";
import type { SessionState } from "./session-state.ts";

/** A record, as JSON. */
export interface StoredRecord extends SessionRecord {
  readonly sid: string;
  readonly where: WhereaboutsData;
  readonly through: number;
}

/** How much longer than needed a record is kept, in ms. */
const grace = 1000;
/** Bounds for the time between two writes of a connected client's record, in ms. */
const refreshBounds = { least: 500, most: 30_000 };

/**
 * Writes a record.
 *
 * @throws when some value cannot be written as JSON
 */
export function formatRecord(
  { session, where, through }: SessionState<RecoverySession>,
  record: SessionRecord,
): string {
  const stored: StoredRecord = { ...record, sid: session.sid, where: where.toJSON(), through };
  return JSON.stringify(stored);
}

/**
 * Whether two records describe the same session of a client. Its rooms and offsets may differ.
 *
 * @param sid - of the client
 */
export function areAlike(one: string, other: string, sid: string): boolean {
  // Within texts of JSON, quotation marks are escaped.
  const fields = JSON.stringify({ sid, where: 0 });
  const end = `,${fields.slice(1, -2)}`;
  const length = one.lastIndexOf(end);
  return length > 0 && other.lastIndexOf(end) === length && other.startsWith(one.slice(0, length));
}

/** Reads a record. Records of an earlier version have fewer fields. */
export function parseRecord(json: string): StoredRecord {
  const record = JSON.parse(json) as StoredRecord;
  return { ...record, visitor: record.visitor ?? null, ends: record.ends ?? null };
}

/**
 * How long the broker keeps an event, in ms. A record may be two intervals old, and its client has to find
 * all later events.
 */
export function eventTime(bounds: SharedLogBounds): number {
  return Math.ceil(bounds.retention + 2 * refreshInterval(bounds));
}

/**
 * How long the broker keeps a record after a write, in ms.
 *
 * @param isHere - whether the client is connected, so that its record is written again
 */
export function recordTime(bounds: SharedLogBounds, isHere: boolean): number {
  return grace + (isHere ? eventTime(bounds) : Math.ceil(bounds.maxDisconnection));
}

/**
 * How old a record may be when its client comes back, so that it need not be written then, in ms. Until it is
 * written again, its node may end and the client be away once more, and has to find all later events then.
 */
export function freshTime(bounds: SharedLogBounds): number {
  return eventTime(bounds) - refreshInterval(bounds) - bounds.maxDisconnection;
}

/** The time between two writes of a connected client's record, in ms. */
export function refreshInterval({ maxDisconnection }: SharedLogBounds): number {
  return Math.min(Math.max(maxDisconnection / 3, refreshBounds.least), refreshBounds.most);
}

/** Where messages are sent: which subject stands for which room, namespace and process. */

import { isSid, sidMark } from "../../core/model/sid.ts";
import type { Target } from "../../core/model/target.ts";
import { digestOf } from "../wire/digest.ts";
import { isNodeId, nodeLength } from "./node-id.ts";

/** The subject of all processes. */
export const everyProcess = "all";

/** Where a client's public id goes on after the id of its process. */
const nodeEnd = sidMark.length + nodeLength;
/** Characters of a client's public id: behind the process's id stand 120 random bits. */
const sidLength = nodeEnd + 20;

/** Longer subjects are replaced by a digest, since brokers limit what a subject may be. */
const maxSubjectLength = 200;

/** The process that a client's public id names; `undefined` for any other text, a room's name say. */
export function nodeOfSid(sid: string): string | undefined {
  if (sid.length !== sidLength || !isSid(sid)) return undefined;
  const node = sid.slice(sidMark.length, nodeEnd);
  return isNodeId(node) ? node : undefined;
}

/** The subject of one process. */
export function nodeSubject(node: string): string {
  return `n:${node}`;
}

/** The subject of all clients in a namespace. */
export function namespaceSubject(namespace: string): string {
  return bounded(`b:${namespace}`);
}

/** The subject of a room. A client's public id is also a room; its messages go to the client's process. */
export function roomSubject(namespace: string, room: string): string {
  const node = nodeOfSid(room);
  // A namespace holds no comma, so different rooms have different subjects.
  return node === undefined ? bounded(`r:${namespace},${room}`) : nodeSubject(node);
}

/**
 * Whether a target's events come on a subject: its namespace's, or that of a client or room that it names.
 */
export function leadsTo(subject: string, { namespace, sid, rooms }: Target): boolean {
  if (subject === namespaceSubject(namespace)) return true;
  if (sid !== null) return subject === roomSubject(namespace, sid);
  return rooms?.some((room) => subject === roomSubject(namespace, room)) === true;
}

function bounded(subject: string): string {
  if (subject.length <= maxSubjectLength) return subject;
  return `h:${digestOf(subject)}`;
}

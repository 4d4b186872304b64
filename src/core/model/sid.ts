/**
 * Public ids of clients.
 *
 * A sid is also the name of a room with this client as its only member. Its form differs from every name that
 * an application gives to a room, so that processes that do not know the client can tell them apart.
 */

import { idGenerator } from "../../base/id.ts";

/** The beginning of every sid. No client can join a room with such a name. */
export const sidMark = "sid~";

/**
 * Makes a generator of sids: the mark, the prefix and 120 random bits.
 *
 * @param prefix - tells other processes which process has the client
 */
export function sidGenerator(prefix: string): () => string {
  return idGenerator(sidMark + prefix);
}

/** A new sid, in a process without a backplane. */
export const generateSid = sidGenerator("");

const markEnd = sidMark.length - 1;
const tilde = 0x7e;

/**
 * Whether a name has the form of a sid.
 *
 * It runs for each room that a client joins, and one character rules out nearly all names.
 */
export function isSid(name: string): boolean {
  return name.charCodeAt(markEnd) === tilde && name.startsWith(sidMark);
}

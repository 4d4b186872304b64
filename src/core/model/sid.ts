/**
 * Public ids of clients. A sid is also the name of a room that holds this client alone, so its form must tell it from every
 * name that an application gives to a room, also in processes that do not know the client.
 */

import { idGenerator } from "../../base/id.ts";

/** The beginning of every sid, and of no room that a client can join. */
export const sidMark = "sid~";

/**
 * Makes a generator of sids: the mark, the prefix and 120 random bits.
 *
 * @param prefix - tells other processes where the client is
 */
export function sidGenerator(prefix: string): () => string {
  return idGenerator(sidMark + prefix);
}

/** A new sid of a process that has no others. */
export const generateSid = sidGenerator("");

const markEnd = sidMark.length - 1;
const tilde = 0x7e;

/** Whether a name has the form of a sid. It is asked for each room that is joined, and one character tells nearly all names from a sid. */
export function isSid(name: string): boolean {
  return name.charCodeAt(markEnd) === tilde && name.startsWith(sidMark);
}

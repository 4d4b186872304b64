/** The id of a process, which stands in the ids of its clients. */

import { generateId } from "../../base/id.ts";

/** Characters of a process's id: 66 random bits. */
export const nodeLength = 11;

const idCharacters = /^[\w-]+$/;

/** A new id of a process. */
export function generateNodeId(): string {
  return generateId().slice(0, nodeLength);
}

/** Whether a text has the form of a process's id. */
export function isNodeId(text: string): boolean {
  return text.length === nodeLength && idCharacters.test(text);
}

/** How people call a process. */

import { hostname } from "node:os";

/** The name of this process for people: host and process id. */
export function processLabel(): string {
  return `${hostname()}:${process.pid}`;
}

/** The error for an optional package that is not installed. */

import { RoomcastError } from "./errors.ts";

/** The error for an optional package that could not be imported. */
export function missingPackage(name: string, cause: unknown): RoomcastError {
  return new RoomcastError(
    "ERR_MISSING_PACKAGE",
    `The package "${name}" could not be imported. Install it with: npm install ${name}`,
    { cause },
  );
}

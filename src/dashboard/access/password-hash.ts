/** The hashes of passwords that can be checked here, as texts. */

import { RoomcastError } from "../../base/errors.ts";

/** The packages that compare passwords with hashes of bcrypt, the first one first. */
export const bcryptPackages = ["bcryptjs", "bcrypt"] as const;

/** A hash of bcrypt. */
export const bcryptForm = /^\$2[aby]\$\d\d\$[./A-Za-z\d]{53}$/;
/** `$scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<hash>`, the latter two in base64, as passlib writes it. */
export const scryptForm = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/=-]+)\$([\w+/=-]+)$/;
const anyForm = /^\$[a-z\d-]{1,20}\$/i;

/** Whether a text is a hash of a password that can be checked here. */
export function isPasswordHash(text: string): boolean {
  return bcryptForm.test(text) || scryptForm.test(text);
}

/**
 * Whether a text is meant as a hash, but can be no one's: cut short, or of another kind. As a password, it
 * would let in everyone that reads it.
 */
export function isUnknownHash(text: string): boolean {
  return anyForm.test(text) && !isPasswordHash(text);
}

/** The error where a password is a hash of bcrypt, and nothing can compare it. */
export function missingBcrypt(): RoomcastError {
  return new RoomcastError(
    "ERR_MISSING_PACKAGE",
    "The dashboard's password is a hash of bcrypt, and neither bcryptjs nor bcrypt is installed: npm install bcryptjs",
  );
}

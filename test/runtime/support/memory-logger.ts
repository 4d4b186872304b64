/** A log to look into. */

import type { Logger } from "roomcast";

/** Keeps what is written to it. */
export class MemoryLogger implements Logger {
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: { readonly message: string; readonly error: unknown }[] = [];

  info(message: string): void {
    this.infos.push(message);
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  error(message: string, error?: unknown): void {
    this.errors.push({ message, error });
  }
}

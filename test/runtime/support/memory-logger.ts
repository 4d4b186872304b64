/** A log for assertions. */

import type { Logger } from "roomcast";

/** Keeps its lines. */
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

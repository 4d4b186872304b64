/** A log for assertions. */

import type { Logger, LogRecord } from "roomcast";

/** Keeps its lines. */
export class MemoryLogger implements Logger {
  readonly debugs: string[] = [];
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: { readonly message: string; readonly error: unknown }[] = [];

  debug(message: string): void {
    this.debugs.push(message);
  }

  info(message: string): void {
    this.infos.push(message);
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  error(message: string, { err: error }: LogRecord): void {
    this.errors.push({ message, error });
  }
}

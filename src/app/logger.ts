/** Where a server writes what its operator should know. */

/** A log: `console` is one, as are the usual logging libraries. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

/** Writes to the process's standard output and error. */
export const consoleLogger: Logger = {
  info: (message) => console.info(message),
  warn: (message) => console.warn(`[roomcast] ${message}`),
  error: (message, error) => {
    if (error === undefined) console.error(`[roomcast] ${message}`);
    else console.error(`[roomcast] ${message}`, error);
  },
};

/** Has Roomcast write into the log of the application, where Nest's own lines are. */

import type { Logger as NestLogger } from "@nestjs/common";
import type { LogRecord } from "../base/log/log-record.ts";
import type { Logger } from "../base/log/logger.ts";

/**
 * A logger for Roomcast that writes with one of Nest's.
 *
 * @param logger - where the lines go
 */
export function nestLogger(logger: NestLogger): Logger {
  return {
    debug: (message) => logger.debug(message),
    info: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
    error: (message, { err }: LogRecord) => {
      if (err === undefined) logger.error(message);
      else logger.error(message, err instanceof Error ? err.stack : String(err));
    },
  };
}

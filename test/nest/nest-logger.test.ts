import { ConsoleLogger, Logger } from "@nestjs/common";
import { afterEach, describe, expect, it } from "vitest";
import type { Logger as RoomcastLogger } from "../../src/base/log/logger.ts";
import { nestLogger } from "../../src/nest/nest-logger.ts";

afterEach(() => Logger.overrideLogger(new ConsoleLogger()));

describe("Nest's log", () => {
  it("gets lines at the level of each, with the context", () => {
    const { lines, logger } = listening();
    logger.debug?.("a detail", { type: "listening" } as never);
    logger.info("listening", { type: "listening" } as never);
    logger.warn("beware", { type: "listening" } as never);
    logger.error("broken", { type: "unexpected error" } as never);
    expect(lines).toEqual([
      ["debug", "a detail", "Context"],
      ["log", "listening", "Context"],
      ["warn", "beware", "Context"],
      ["error", "broken", "Context"],
    ]);
  });

  it("gets errors with their stack, and other values as text", () => {
    const { lines, logger } = listening();
    const error = new Error("why");
    logger.error("broken", { type: "unexpected error", err: error } as never);
    logger.error("broken", { type: "unexpected error", err: 7 } as never);
    expect(lines).toEqual([
      ["error", "broken", error.stack, "Context"],
      ["error", "broken", "7", "Context"],
    ]);
  });
});

function listening(): { lines: unknown[][]; logger: RoomcastLogger } {
  const lines: unknown[][] = [];
  const level =
    (name: string) =>
    (...values: unknown[]) =>
      lines.push([name, ...values.filter((value) => value !== undefined)]);
  Logger.overrideLogger({
    log: level("log"),
    debug: level("debug"),
    warn: level("warn"),
    error: level("error"),
  });
  return { lines, logger: nestLogger(new Logger("Context")) };
}

import { describe, expect, it } from "vitest";
import { SafeLog } from "../../../src/base/log/safe-log.ts";
import type { BridgeOptions } from "../../../src/compat/options/bridge-options.ts";
import { tellOfOrigins } from "../../../src/compat/options/origin-notice.ts";
import { LogLines } from "../../support/log-lines.ts";

function linesFor(...servers: Partial<BridgeOptions>[]) {
  const logger = new LogLines();
  for (const options of servers) tellOfOrigins(options, logger, new SafeLog(logger));
  return logger.lines;
}

describe("The notice of open WebSockets", () => {
  it("comes once for all servers of a program, and says how to close them", () => {
    const lines = linesFor({}, { cors: { origin: "https://a.test" } });
    expect(lines).toEqual([expect.stringMatching(/^info .*\{ anyWebSocketOrigin: false \}/)]);
  });

  it("does not come where the program has decided, or has no WebSockets", () => {
    const lines = linesFor(
      { anyWebSocketOrigin: true },
      { anyWebSocketOrigin: false },
      { transports: ["polling"] },
    );
    expect(lines).toEqual([]);
  });
});

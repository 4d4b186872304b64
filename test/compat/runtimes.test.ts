/** The same scenarios against servers that run as programs of their own, each in one runtime, by the newest client. */

import { describe } from "vitest";
import { bun } from "../support/runtimes.ts";
import { JavaScriptClient } from "./clients/javascript-client.ts";
import { ProcessHost } from "./scenarios/server-host.ts";
import { testScenarios } from "./scenarios/suite.ts";

const clients = (["polling", "websocket", "upgrade"] as const).map(
  (transport) => new JavaScriptClient("4.8", transport),
);

describe.skipIf(bun.path === undefined)("on Bun", () => {
  testScenarios(new ProcessHost(bun.path ?? ""), clients);
});

/** The same scenarios with the newest client, against servers in separate processes, one for each runtime. */

import { describe } from "vitest";
import { bun, nodeLts } from "../support/runtimes.ts";
import { JavaScriptClient } from "./clients/javascript-client.ts";
import { ProcessHost } from "./scenarios/server-host.ts";
import { testScenarios } from "./scenarios/suite.ts";

const clients = (["polling", "websocket", "upgrade"] as const).map(
  (transport) => new JavaScriptClient("4.8", transport),
);

for (const runtime of [nodeLts, bun]) {
  describe.skipIf(runtime.path === undefined)(`on ${runtime.name}`, () => {
    testScenarios(new ProcessHost(runtime.path ?? "", runtime.arguments), clients);
  });
}

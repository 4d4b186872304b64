/** The same scenarios against servers that run as programs of their own, each in one runtime. */

import { JavaScriptClient } from "./clients/javascript-client.ts";
import { ProcessHost } from "./scenarios/server-host.ts";
import { testScenarios } from "./scenarios/suite.ts";

testScenarios(new ProcessHost(process.execPath, ["--import", "tsx"]), [
  new JavaScriptClient("4.8", "upgrade"),
]);

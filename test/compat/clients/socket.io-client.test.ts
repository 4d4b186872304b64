/** The versions of `socket.io-client` that applications use, over each transport. */

import { LocalHost } from "../scenarios/server-host.ts";
import { testScenarios } from "../scenarios/suite.ts";
import { javaScriptClients } from "./every-client.ts";

testScenarios(new LocalHost(), javaScriptClients);

/** The client of `python-socketio`, over each transport. */

import { describe } from "vitest";
import { LocalHost } from "../scenarios/server-host.ts";
import { testScenarios } from "../scenarios/suite.ts";
import { pythonClients } from "./every-client.ts";
import { python } from "./python-client.ts";

describe.skipIf(python === undefined)("Python", () => testScenarios(new LocalHost(), pythonClients));

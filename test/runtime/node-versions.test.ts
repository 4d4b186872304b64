/**
 * Roomcast uses three internals of Node: the handles of sockets, the function that a server accepts with, and
 * the decision about upgrades. Its tracing channels follow Node's own. Every supported version of Node runs
 * the test files of these.
 */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { otherNodes } from "../support/runtimes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = "node_modules/vitest/vitest.mjs";
const files = [
  "test/runtime/direct-socket.test.ts",
  "test/runtime/bare-connections.test.ts",
  "test/runtime/bare-polling.test.ts",
  "test/adapter/node/upgrade-offers.test.ts",
  "test/base/tracing",
  "test/app/handlers/handler-observation.test.ts",
];

for (const { name, path = "" } of otherNodes) {
  describe.skipIf(path === "")(`on ${name}`, () => {
    it("passes the tests of the internals of Node, and of its tracing channels", {
      timeout: 120_000,
    }, async () => {
      const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
      const options = { cwd: root, env: Object.fromEntries(environment) };
      const run = promisify(execFile)(path, [vitest, "run", "--reporter=json", ...files], options);
      const { stdout } = await run.catch((error: { stdout: string }) => error);
      const report = JSON.parse(stdout.slice(stdout.indexOf("{"))) as Report;
      expect(report.testResults.flatMap(({ assertionResults }) => assertionResults.filter(isFault))).toEqual(
        [],
      );
      expect(report).toMatchObject({ success: true, numPendingTests: 0 });
      expect(report.numPassedTests).toBeGreaterThan(20);
    });
  });
}

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string }[] }[];
}

function isFault({ status }: { readonly status: string }): boolean {
  return status !== "passed";
}

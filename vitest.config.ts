import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders whose tests leave nothing global behind. The test files that run in one process share its modules. */
const units = [
  "adapter",
  "app/options",
  "backplane",
  "base",
  "context",
  "core",
  "engine",
  "protocol",
  "relay",
  "session",
  "websocket",
];

/** Tests among them that measure memory: what other tests leave to the garbage collector would count, too. */
const measured = [
  "adapter/node/request-body",
  "base/weight",
  "core/recovery/memory-recovery-log",
  "core/socket/received-events",
];
const measuredFiles = measured.map((name) => `test/${name}.test.ts`);

/** The files that take longest. At the end of a run, one of them would keep a single worker busy. */
const longest = [
  "runtime/shared-recovery",
  "conformance/cluster",
  "conformance/order",
  "conformance/outage",
  "compat/bridge-clients",
  "compat/bridge.test",
  "compat/clients/python-socketio",
  "compat/clients/socket.io-client",
  "fuzz/live-fuzz",
  "runtime/react-chat",
  "runtime/tutorial",
  "runtime/run",
  "runtime/balancer",
  "history/history",
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      longest.some((name) => moduleId.endsWith(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const sources = fileURLToPath(new URL("./src/", import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^roomcast$/, replacement: `${sources}index.ts` },
      { find: /^roomcast\/(\w+)$/, replacement: `${sources}$1.ts` },
    ],
  },
  test: {
    typecheck: { enabled: false },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Tests wait more than they compute: two workers leave a third of two cores idle.
    maxWorkers: 3,
    // Of the tests that are marked as concurrent, which wait more than they work.
    maxConcurrency: 16,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Loading Roomcast again for each file would take more processor time than the tests themselves.
      {
        extends: true,
        test: {
          name: "units",
          include: units.map((folder) => `test/${folder}/**/*.test.ts`),
          exclude: measuredFiles,
          isolate: false,
        },
      },
      { extends: true, test: { name: "memory", include: measuredFiles } },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["test/**/*.test.ts"],
          exclude: units.map((folder) => `test/${folder}/**`),
        },
      },
    ],
  },
});

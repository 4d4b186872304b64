import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { roomcast: fileURLToPath(new URL("./src/index.ts", import.meta.url)) } },
  test: {
    include: ["test/**/*.test.ts"],
    typecheck: { enabled: false },
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Tests wait more than they compute: two workers leave a third of two cores idle.
    maxWorkers: 3,
    // Of the tests that are marked as concurrent, which wait more than they work.
    maxConcurrency: 16,
  },
});

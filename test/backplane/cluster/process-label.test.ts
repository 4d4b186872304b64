import { hostname } from "node:os";
import { expect, it } from "vitest";
import { processLabel } from "../../../src/backplane/cluster/process-label.ts";

it("names the host and the process", () => {
  expect(processLabel()).toBe(`${hostname()}:${process.pid}`);
});

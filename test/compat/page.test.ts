/** docs/compatibility.md says exactly what the scenarios show. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { everyClient } from "./clients/every-client.ts";
import { features } from "./scenarios/features.ts";
import { expectedOutcomes, putTable, renderTable } from "./scenarios/page.ts";

const page = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");

it("has a row for each feature and a column for each client (`npm run compatibility` writes it)", () => {
  const table = renderTable(features, everyClient, expectedOutcomes(features, everyClient));
  expect(page).toBe(putTable(page, table));
  expect(page).toContain(table);
});

it("shows features that fail, and features that did not run", () => {
  const [feature] = features;
  const [client] = everyClient;
  if (feature === undefined || client === undefined) throw new Error("There is nothing to show.");
  const outcome = { feature: feature.name, library: client.library, transport: client.transport };
  const clients = everyClient.filter(({ library }) => library === client.library);
  const tableOf = (...passed: boolean[]) =>
    renderTable(
      [feature],
      [client],
      passed.map((each) => ({ ...outcome, passed: each })),
    );
  expect(clients.length).toBeGreaterThan(0);
  expect(tableOf(true, true)).toContain("| ✓ – – ");
  expect(tableOf(true, false)).toContain("| ✗ – – ");
  expect(tableOf()).toContain("| ✗ – – ");
});

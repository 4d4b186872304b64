/** Writes the table of docs/compatibility.md from the test results: `npm run compatibility`. */

import { readFileSync, writeFileSync } from "node:fs";
import type { Reporter, TestCase } from "vitest/node";
import { everyClient } from "../clients/every-client.ts";
import { features } from "./features.ts";
import { type Outcome, putTable, renderTable } from "./page.ts";

const page = new URL("../../../docs/compatibility.md", import.meta.url);

export default class PageReporter implements Reporter {
  readonly #outcomes: Outcome[] = [];

  onTestCaseResult(test: TestCase): void {
    const { cell } = test.meta();
    if (cell !== undefined) this.#outcomes.push({ ...cell, passed: test.result().state === "passed" });
  }

  onTestRunEnd(): void {
    const table = renderTable(features, everyClient, this.#outcomes);
    writeFileSync(page, putTable(readFileSync(page, "utf8"), table));
  }
}

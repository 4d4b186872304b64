/** The report of a load test in a real browser: its charts, what axe finds, and narrow windows. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportPage } from "../../src/cli/load/report/report-page.ts";
import { latencies, loadFigures, loadSample } from "../support/load-figures.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";

describe.skipIf(skipsBrowser)("the report of a load test", () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-report-"));
  const faults: string[] = [];
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const path = join(folder, "report.html");
    const samples = Array.from({ length: 40 }, (_, index) =>
      loadSample(index + 1, {
        sent: 100 + index,
        received: 5000,
        lagP50: 3,
        lagP99: index === 9 ? null : 20,
        failed: 1,
      }),
    );
    const figures = loadFigures({
      ...{ samples, lag: latencies(50), lost: 3, times: { checkout: latencies(9) } },
      failures: { ["refused: <b>no</b> because of a long reason without an end ".repeat(3)]: 2 },
    });
    const conditions = [{ text: "lost > 0", isBroken: true }];
    writeFileSync(path, reportPage(figures, { url: "localhost:5000", date: new Date(0), conditions }));
    browser = await launchBrowser();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(pathToFileURL(path).href);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it("shows the values below the pointer", async () => {
    const figure = page.locator("figure", { hasText: "Events" });
    await figure.locator("svg").hover();
    expect(await figure.locator("[data-readout]").textContent()).toMatch(
      /^(?:19|20|21|22) s {3}sent 1(?:18|19|20|21) {3}received 5000/,
    );
    await page.mouse.move(1, 1);
    expect(await figure.locator("[data-readout]").textContent()).toBe("");
    expect(faults).toEqual([]);
  });

  it.each([
    ["light", { width: 1280, height: 900 }],
    ["dark", { width: 1280, height: 900 }],
    ["light", { width: 390, height: 844 }],
  ] as const)(
    "in the %s theme, in a window of %j, has nothing serious that axe finds",
    async (colorScheme, size) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
      const violations = await page.evaluate(`${axe};
      axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
        violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => [id, nodes[0].html]))`);
      expect(violations).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(size.width);
    },
  );
});

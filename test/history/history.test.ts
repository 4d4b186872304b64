import { describe, expect, it } from "vitest";
import { isSkipped } from "../support/brokers.ts";
import { judge } from "./oracle.ts";
import { details, isGood } from "./report.ts";
import { backplanes } from "./schedule.ts";
import { runTrial, type TrialReport } from "./trial.ts";

/** The details of a failed trial; an empty string for a good one. */
function complaints(report: TrialReport): string {
  return isGood(report) ? "" : details(report);
}

describe("processes that are frozen and killed, and clients that are cut off", () => {
  for (const backplane of backplanes) {
    const isMissing = backplane !== "memory" && backplane !== "ipc" && isSkipped(backplane);
    it.skipIf(isMissing)(
      `lose, double and reorder nothing that is promised over ${backplane}`,
      {
        timeout: 90_000,
      },
      async () => {
        const report = await runTrial({ backplane, seed: 3 });
        expect(complaints(report)).toBe("");
        const { accounts, emissions } = report.history;
        expect(emissions.size).toBeGreaterThan(100);
        // The same history must fail as soon as one client misses one event.
        const forged = accounts.map((account) => ({
          ...account,
          entries: account.entries.filter(
            ({ type }, index) => type !== "event" || index !== lastEvent(account),
          ),
        }));
        expect(judge({ ...report.history, accounts: forged }).map(({ kind }) => kind)).toContain("lost");
      },
    );
  }
});

/** The position of a client's last event. */
function lastEvent({ entries }: TrialReport["history"]["accounts"][number]): number {
  return entries.findLastIndex(({ type }) => type === "event");
}

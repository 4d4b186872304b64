/** Reports of trials as text. */

import { type Fault, presencesOf, receiptsOf } from "./oracle.ts";
import type { Step } from "./schedule.ts";
import type { TrialReport } from "./trial.ts";

/** How many faults a report shows at most. */
const most = 12;

/** Whether the trial found no fault. */
export function isGood({ faults, complaints }: TrialReport): boolean {
  return faults.length === 0 && complaints.length === 0;
}

/** The result in one line. */
export function summary({ history, faults, complaints, time, seed }: TrialReport): string {
  const presences = history.accounts.flatMap(presencesOf);
  const receipts = presences.reduce((sum, presence) => sum + receiptsOf(presence).length, 0);
  const kept = presences.filter(({ namespace }) => namespace === "/kept");
  const claims = kept.reduce((sum, { claims: { length } }) => sum + length, 0);
  const newSessions = kept.length - new Set(kept.map(({ client }) => client)).size;
  const verdict =
    faults.length + complaints.length === 0 ? "good" : `${faults.length + complaints.length} faults`;
  return `seed ${seed}: ${verdict}; ${history.emissions.size} events, ${receipts} receipts, came back ${claims} times, ${newSessions} new sessions, ${(time / 1000).toFixed(1)} s`;
}

/** The faults, with everything needed to understand them. */
export function details(report: TrialReport): string {
  const { faults, complaints, schedule, history, output } = report;
  const { troubles, detached, ends } = history;
  const origin = Math.min(...history.accounts.flatMap(({ entries }) => entries.map(({ at }) => at)));
  const time = (at: number) => `${Math.round(at - origin)} ms`;
  const lines = complaints.slice(0, most).map((complaint) => `- ${complaint}`);
  if (complaints.length > most) lines.push(`- and ${complaints.length - most} more`);
  for (const fault of faults.slice(0, most))
    lines.push(`- ${fault.kind}: ${fault.text}`, ...context(report, fault, time));
  if (faults.length > most) lines.push(`- and ${faults.length - most} more`);
  lines.push("What went wrong by the schedule:");
  for (const step of schedule) if (!isChatter(step)) lines.push(`  ${JSON.stringify(step)}`);
  for (const { from, to } of troubles)
    lines.push(`  connections to the broker broke from ${time(from)} to ${time(to)}`);
  for (const [name, periods] of detached)
    for (const { from, to } of periods)
      lines.push(`  ${name} was without the broker from ${time(from)} to ${time(to)}`);
  for (const [name, at] of ends) lines.push(`  ${name} was killed at ${time(at)}`);
  if (output !== "") lines.push("What processes have printed:", output.slice(-8000));
  return lines.join("\n");
}

function isChatter({ type }: Step): boolean {
  return type === "say" || type === "join" || type === "leave";
}

/** The events of a fault, and what its client saw around them. */
function context({ history }: TrialReport, { client, tags }: Fault, time: (at: number) => string): string[] {
  const lines: string[] = [];
  for (const tag of tags.slice(0, 4)) {
    const emission = history.emissions.get(tag);
    if (emission === undefined) continue;
    const { begin, end, rooms, namespace } = emission;
    const seen = history.accounts.flatMap((account) =>
      account.entries.flatMap((entry) =>
        entry.type === "event" && entry.tag === tag ? [{ client: account.client, ...entry }] : [],
      ),
    );
    const { publisher = "an unknown sender", number = 0 } = seen[0] ?? emission.origin ?? {};
    const got = seen.map(({ client: by, at }) => `${by} at ${time(at)}`).join(", ");
    lines.push(
      `    event ${tag}: the ${number}th of ${publisher}, for ${rooms.join()} in ${namespace}, requested at ${time(begin)}, sent by ${end === null ? "?" : time(end)}; got by ${got || "no client"}`,
    );
  }
  const account = history.accounts.find((each) => each.client === client);
  const begin = Math.min(...tags.map((tag) => history.emissions.get(tag)?.begin ?? Number.POSITIVE_INFINITY));
  const around = (account?.entries ?? []).filter(
    (entry) => entry.type !== "event" || Math.abs(entry.at - begin) < 60,
  );
  const words = around.map(({ at, ...entry }) => `${time(at)} ${Object.values(entry).join(" ")}`);
  lines.push(
    `    ${client} (${account === undefined ? "?" : (account as { transport?: string }).transport}): ${words.join("; ")}`,
  );
  return lines;
}

/**
 * The long form of the comparison between Roomcast's reader of frames and that of `ws`:
 *
 *     npm run fuzz -- [cases] [seed]
 */

import { compareReaders } from "./frame-comparison.ts";

const batch = 100_000;
const count = Number(process.argv[2] ?? 1_200_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error("npm run fuzz -- [cases] [seed] takes two whole numbers.");
  process.exit(2);
}

console.log(`${count} cases, seed ${seed}`);
const endings = new Map<string, number>();
const startedAt = performance.now();
for (let done = 0; done < count; done += batch) {
  const report = await compareReaders(seed + done, Math.min(batch, count - done));
  for (const [ending, times] of report.endings) endings.set(ending, (endings.get(ending) ?? 0) + times);
  if (report.difference !== null) {
    console.error("The two differ:", report.difference);
    process.exit(1);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const total = Math.min(count, done + batch);
  console.log(`${total} cases agree, ${Math.round(total / seconds)} a second`);
}
for (const [ending, times] of [...endings].sort(([, a], [, b]) => b - a)) console.log(`${ending}: ${times}`);

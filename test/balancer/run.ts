/**
 * Runs many stock clients through nginx, without sticky sessions, to four processes:
 *
 *     npm run balancer                                 1 000 clients for 60 s; workers, then Redis
 *     npm run balancer -- --clients 100 --seconds 5    less
 *     npm run balancer -- --only workers               one of the two
 *
 * Fails if a single request or answer fails.
 */

import { parseArgs } from "node:util";
import { Broker } from "../support/brokers.ts";
import { runBalanced, type Servers } from "./balancer-run.ts";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "1000" },
    seconds: { type: "string", default: "60" },
    only: { type: "string" },
  },
});
const [clients, seconds] = [Number(values.clients), Number(values.seconds)];
if (!(clients > 0) || !(seconds > 0)) {
  console.error("--clients and --seconds take numbers.");
  process.exit(2);
}

let failed = false;
if (values.only !== "redis") await run("4 workers", { workers: 4 });
if (values.only !== "workers") {
  const broker = await Broker.redis();
  try {
    await run("4 processes on Redis", { processes: 4, queue: broker.url });
  } finally {
    await broker.kill();
  }
}
process.exit(failed ? 1 : 0);

async function run(what: string, servers: Servers): Promise<void> {
  const started = performance.now();
  const { ledger, tally, faults } = await runBalanced(servers, clients, seconds);
  const took = Math.round((performance.now() - started) / 1000);
  console.log(`\n${what}, ${clients} clients, ${seconds} s of work, ${took} s in all`);
  console.log(
    `  ${ledger.answered} questions answered, ${ledger.heard} of ${ledger.toHear} room messages received`,
  );
  console.log(`  clients of each process: ${Object.values(ledger.processes).join(", ")}`);
  console.log(`  clients at the end: ${describe(ledger.transports)}`);
  console.log(`  requests finished by nginx: ${describe(tally.statuses)}; ${tally.repeated} sent twice`);
  for (const fault of faults.slice(0, 20)) console.error(`  ${fault}`);
  console.log(`  ${faults.length === 0 ? "nothing failed" : `${faults.length} faults`}`);
  failed ||= faults.length > 0;
}

function describe(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} × ${name}`)
    .join(", ");
}

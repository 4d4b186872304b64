/**
 * Shows how clients of `roomcast/client` come back to a server that was started again:
 *
 *     npm run bench:restart                            1000 clients, and a server that is away for 4 s
 *     npm run bench:restart -- --clients 200 --down 2000
 *
 * Fails where a client does not come back, or does not wait as long as it should.
 */

import { parseArgs } from "node:util";
import { formatTable } from "../report/text.ts";
import { runRestart } from "./restart-run.ts";
import { summariseRestart } from "./restart-summary.ts";

const { values } = parseArgs({
  options: { clients: { type: "string", default: "1000" }, down: { type: "string", default: "4000" } },
});
const [clients, down] = [Number(values.clients), Number(values.down)];
if (!(clients >= 1 && down >= 0)) {
  console.error("--clients takes a number, --down a time in ms.");
  process.exit(2);
}

const record = await runRestart({ clients, down });
const { rows, early, overlapping, busiest } = summariseRestart(record);
console.log(`${clients} clients, and a server that was away for ${down} ms:\n`);
console.log(
  formatTable(
    ["attempt", "clients", "waits up to", "mean wait", "clients by tenths of that time", "furthest off"],
    rows.map(({ number, count, bound, mean, tenths, deviation }) => [
      String(number),
      String(count),
      `${bound} ms`,
      `${Math.round(mean)} ms`,
      tenths.join(" "),
      `${deviation.toFixed(1)} σ`,
    ]),
  ),
);
console.log(`
Attempts before the client's wait was over: ${early}
Attempts while another one of the client was under way: ${overlapping}
Most requests in 100 ms at the server: ${busiest.count} of ${record.arrivals.length}, ${busiest.after} ms after its end
All clients were back ${record.backAfter} ms after the server's end.`);
process.exit(early + overlapping > 0 ? 1 : 0);

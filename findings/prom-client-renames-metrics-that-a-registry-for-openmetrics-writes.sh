#!/usr/bin/env bash
# prom-client 15.1.3: OpenMetrics wants the name of a counter without its suffix _total in the lines of HELP and TYPE. A
# registry with that content type cuts the suffix off the metric object itself when it writes: from then on metric.name, and
# what metric.get() returns, have another name than the program gave. One expects reading metrics to change none of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund prom-client@15.1.3
cat > seen.cjs <<'PROGRAM'
const { Counter, Registry } = require("prom-client");
(async () => {
  for (const type of ["PROMETHEUS_CONTENT_TYPE", "OPENMETRICS_CONTENT_TYPE"]) {
    const registry = new Registry();
    registry.setContentType(Registry[type]);
    const counter = new Counter({ name: "orders_total", help: "Orders.", registers: [registry] });
    const before = [counter.name, (await counter.get()).name];
    await registry.metrics();
    console.log(`${type}: ${before} -> ${[counter.name, (await counter.get()).name]}`);
  }
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
expected='PROMETHEUS_CONTENT_TYPE: orders_total,orders_total -> orders_total,orders_total
OPENMETRICS_CONTENT_TYPE: orders_total,orders_total -> orders,orders'
[ "$seen" = "$expected" ] || { echo "The behaviour has changed. Seen before: $expected"; exit 1; }

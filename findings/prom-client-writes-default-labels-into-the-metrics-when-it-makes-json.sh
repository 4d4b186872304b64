#!/usr/bin/env bash
# prom-client 15.1.3: registry.getMetricsAsJSON() adds the default labels of its registry to the values that the metrics keep.
# They stay there: another registry with the same metric, which has no default labels, writes them too. registry.metrics(),
# which makes text, changes nothing. One expects default labels to belong to the registry that they were set in.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund prom-client@15.1.3
cat > seen.cjs <<'PROGRAM'
const { Counter, Registry } = require("prom-client");
(async () => {
  for (const method of ["metrics", "getMetricsAsJSON"]) {
    const [first, second] = [new Registry(), new Registry()];
    first.setDefaultLabels({ app: "first" });
    new Counter({ name: "orders", help: "Orders.", registers: [first, second] }).inc();
    await first[method]();
    const text = await second.metrics();
    console.log(`${method}: ${text.trim().split("\n").at(-1)}`);
  }
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "the second registry after the first one's…"
echo "$seen"
expected='metrics: orders 1
getMetricsAsJSON: orders{app="first"} 1'
[ "$seen" = "$expected" ] || { echo "The behaviour has changed. Seen before: $expected"; exit 1; }

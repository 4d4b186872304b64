#!/usr/bin/env bash
# @socket.io/admin-ui 0.5.1: a server tells the page every 2 s which namespaces it has, in "server_stats". The page merges the
# message into what it knows with lodash's merge(), which merges lists by index: a list that became shorter keeps its last
# elements. A namespace that is gone is shown on, with its last count. One expects the newest statistics to replace the older.
# The script runs the page's own store, which is in the package's source map.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @socket.io/admin-ui@0.5.1 lodash-es@4.17.21
cat > seen.mjs <<'PROGRAM'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
const scripts = "node_modules/@socket.io/admin-ui/ui/dist/js/";
const map = readdirSync(scripts).find((name) => /^app\..*\.js\.map$/.test(name));
const { sources, sourcesContent } = JSON.parse(readFileSync(scripts + map, "utf8"));
for (const [path, end] of [["src/store/modules/servers", ".mjs"], ["src/util", ".mjs"]]) {
  mkdirSync(dirname(path), { recursive: true });
  const text = sourcesContent[sources.indexOf(`webpack:///./${path}.js`)];
  writeFileSync(path + end, text.replace('"../../util"', '"../../util.mjs"'));
}
const { default: servers } = await import(`${process.cwd()}/src/store/modules/servers.mjs`);
const { state, mutations, getters } = servers;
const stats = (namespaces) => ({ serverId: "a", namespaces });
mutations.onServerStats(state, stats([{ name: "/", socketsCount: 3 }, { name: "/room-1", socketsCount: 2 }]));
mutations.onServerStats(state, stats([{ name: "/", socketsCount: 1 }]));
console.log(JSON.stringify(getters.namespaces(state)));
PROGRAM
seen=$(timeout 30 node seen.mjs)
echo "shown after the server has told of the namespace / alone: $seen"
[ "$seen" = '[{"name":"/","socketsCount":1},{"name":"/room-1","socketsCount":2}]' ] ||
  { echo "The behaviour has changed: /room-1 was still shown before."; exit 1; }

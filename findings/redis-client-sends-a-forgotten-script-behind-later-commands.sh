#!/usr/bin/env bash
# @redis/client 6.3.1, redis-server 7 (Debian's): a program calls a script of its own (defineScript) and a command in one turn.
# The client sends EVALSHA and the command in this order. Where the server does not know the script, as after a restart, it
# answers NOSCRIPT, and the client sends the script's text: behind the command, which has run by then. One expects commands
# of one connection to run in the order of their calls, whatever the server has in its cache.
set -euo pipefail
command -v redis-server > /dev/null || { echo "Install redis-server first (on Debian: apt-get install redis-server)."; exit 2; }
folder=$(mktemp -d)
trap 'kill "${redis:-}" 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @redis/client@6.3.1
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
redis-server --bind 127.0.0.1 --port "$port" --save "" > redis.log 2>&1 &
redis=$!
cat > seen.mjs <<'PROGRAM'
import { createClient, defineScript } from "@redis/client";
const scripts = {
  note: defineScript({
    NUMBER_OF_KEYS: 1,
    SCRIPT: 'return redis.call("APPEND", KEYS[1], ARGV[1])',
    parseCommand(parser, key, text) {
      parser.pushKey(key);
      parser.push(text);
    },
    transformReply: (reply) => reply,
  }),
};
const client = createClient({ socket: { host: "127.0.0.1", port: Number(process.argv[2]) }, scripts });
client.on("error", () => {});
await client.connect();
const write = () => Promise.all([client.note("log", "1"), client.append("log", "2")]);
await write();
const unknown = await client.getDel("log");
await write();
console.log(`a script that the server does not know: ${unknown}; one that it knows: ${await client.get("log")}`);
client.destroy();
PROGRAM
seen=$(timeout 30 node seen.mjs "$port")
echo "$seen"
[ "$seen" = "a script that the server does not know: 21; one that it knows: 12" ] || { echo "The behaviour has changed."; exit 1; }

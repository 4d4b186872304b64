#!/usr/bin/env bash
# nats-server with JetStream (seen with 2.9.10 and 2.10.27), @nats-io/jetstream 3.3.1: a stream is made with an age of ten minutes
# and without a window for duplicates. The server gives it one of two minutes. An update that only shortens the age to one
# minute is refused, for the window that nobody asked for. Made with an age of one minute, a stream gets a window of one.
# One expects the server to fit the window that it chose itself to the age at an update, too.
set -euo pipefail
server=${NATS_SERVER:-$(command -v nats-server || echo /usr/sbin/nats-server)}
[ -x "$server" ] || { echo "Install nats-server first (on Debian: apt-get install nats-server), or name it in NATS_SERVER."; exit 2; }
folder=$(mktemp -d)
trap 'kill "${nats:-}" 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @nats-io/transport-node@3.3.1 @nats-io/jetstream@3.3.1
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
"$server" -a 127.0.0.1 -p "$port" -js -sd "$folder/store" > nats.log 2>&1 &
nats=$!
cat > seen.cjs <<'PROGRAM'
const { connect } = require("@nats-io/transport-node");
const { jetstreamManager } = require("@nats-io/jetstream");
const seconds = (count) => count * 1e9;
(async () => {
  const connection = await connect({ servers: `127.0.0.1:${process.argv[2]}`, waitOnFirstConnect: true });
  console.error(`nats-server ${connection.info.version}`);
  const manager = await jetstreamManager(connection);
  const window = ({ config }) => `${config.duplicate_window / 1e9} s`;
  const long = await manager.streams.add({ name: "long", subjects: ["long"], max_age: seconds(600) });
  const short = await manager.streams.add({ name: "short", subjects: ["short"], max_age: seconds(60) });
  const update = await manager.streams.update("long", { max_age: seconds(60) }).then(window, ({ message }) => message);
  console.log(`windows: ${window(long)}, ${window(short)}; update: ${update}`);
  await connection.close();
})();
PROGRAM
seen=$(timeout 30 node seen.cjs "$port")
echo "$seen"
[ "$seen" = "windows: 120 s, 60 s; update: duplicates window can not be larger then max age" ] || { echo "The behaviour has changed."; exit 1; }

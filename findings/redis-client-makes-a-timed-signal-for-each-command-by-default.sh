#!/usr/bin/env bash
# @redis/client 6.3.1: each command without a time limit of its own gets an AbortSignal.timeout(5000), with a timer and a
# listener, which ends when the command is written, a moment later. For a publish over an open connection it is most of the
# processor time. `commandOptions: { timeout: 0 }` takes it away. One expects no timer for a command that is written at once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @redis/client@6.3.1
cat > seen.cjs <<'PROGRAM'
const { createServer } = require("node:net");
const { createClient } = require("@redis/client");
// A server that answers every command with an empty reply, which is all that is needed here.
const server = createServer((socket) => {
  socket.on("data", (bytes) => {
    for (const [, name] of `${bytes}`.matchAll(/\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n/g))
      socket.write(name === "HELLO" ? "%0\r\n" : "+OK\r\n");
  });
});
let signals = 0;
const { timeout } = AbortSignal;
AbortSignal.timeout = (milliseconds) => {
  if (milliseconds === 5000) signals += 1;
  return timeout.call(AbortSignal, milliseconds);
};
server.listen(0, "127.0.0.1", async () => {
  const url = `redis://127.0.0.1:${server.address().port}`;
  for (const [name, options] of [["defaults", {}], ["timeout: 0", { commandOptions: { timeout: 0 } }]]) {
    const client = await createClient({ url, ...options }).connect();
    signals = 0;
    for (let count = 0; count < 100; count += 1) await client.publish("channel", "message");
    console.log(`${name}: ${signals} signals for 100 commands`);
    client.destroy();
  }
  process.exit();
});
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "defaults: 100 signals for 100 commands
timeout: 0: 0 signals for 100 commands" ] || { echo "The behaviour has changed."; exit 1; }

#!/usr/bin/env bash
# @nats-io/transport-node 3.3.1, nats-server 2.9 and newer (Debian's nats-server): a user without the right to publish on a
# subject publishes on it. publish() returns, flush() resolves, and closed() tells of nothing: only status() has an event
# of the type "error". One expects flush(), a way to the server and back, to tell of what the server refused before it.
set -euo pipefail
server=$(command -v nats-server || echo /usr/sbin/nats-server)
[ -x "$server" ] || { echo "Install nats-server first (on Debian: apt-get install nats-server)."; exit 2; }
folder=$(mktemp -d)
trap 'kill "${nats:-}" 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @nats-io/transport-node@3.3.1
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
cat > nats.conf <<'CONF'
authorization { users = [{ user: "u", password: "p", permissions: { publish: { deny: ["secret"] } } }] }
CONF
"$server" -a 127.0.0.1 -p "$port" -c nats.conf > nats.log 2>&1 &
nats=$!
cat > seen.cjs <<'PROGRAM'
const { connect } = require("@nats-io/transport-node");
(async () => {
  const connection = await connect({ servers: `127.0.0.1:${process.argv[2]}`, user: "u", pass: "p", waitOnFirstConnect: true });
  const told = new Promise((resolve) => {
    (async () => {
      for await (const { type, error } of connection.status()) if (type === "error") resolve(error.name);
    })();
  });
  connection.publish("secret", "x");
  const flushed = await connection.flush().then(() => "resolved", (error) => error.name);
  console.log(`flush: ${flushed}; status: ${await told}; closed: ${connection.isClosed()}`);
  await connection.close();
})();
PROGRAM
seen=$(timeout 30 node seen.cjs "$port")
echo "$seen"
[ "$seen" = "flush: resolved; status: PermissionViolationError; closed: false" ] || { echo "The behaviour has changed."; exit 1; }

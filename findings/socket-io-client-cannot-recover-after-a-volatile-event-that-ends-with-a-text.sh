#!/usr/bin/env bash
# socket.io 4.8.3 with connectionStateRecovery, socket.io-client 4.8.3: the server adds its place in the stream as a last text to
# an event, but not to a volatile one. The client takes the last text of any event for that place. So after a volatile event
# whose own last argument is a text, a lost connection is not recovered, though nothing was missed; after one that ends with a
# number it is. One expects a volatile event to have no part in recovery, whatever its arguments are.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund socket.io@4.8.3 socket.io-client@4.8.3
cat > seen.cjs <<'PROGRAM'
const { once } = require("node:events");
const { Server } = require("socket.io");
const { io } = require("socket.io-client");
const server = new Server({ connectionStateRecovery: {} });
server.listen(0);
const url = `http://127.0.0.1:${server.httpServer.address().port}`;
// Whether a client comes back with its state when a volatile event with this value was the last that it got.
async function recovers(value) {
  const client = io(url, { transports: ["websocket"], forceNew: true, reconnectionDelay: 20 });
  const [socket] = await once(server, "connection");
  const [said, ticked] = ["said", "tick"].map((event) => new Promise((resolve) => client.once(event, resolve)));
  socket.emit("said", "hello");
  await said;
  if (value !== undefined) {
    socket.volatile.emit("tick", value);
    await ticked;
  }
  const back = new Promise((resolve) => client.once("connect", () => resolve(client.recovered)));
  client.io.engine.close();
  const recovered = await back;
  client.close();
  return recovered;
}
(async () => {
  console.log(`no volatile event: ${await recovers()}; a number: ${await recovers(5)}; a text: ${await recovers("five")}`);
  server.close();
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "no volatile event: true; a number: true; a text: false" ] || { echo "The behaviour has changed."; exit 1; }

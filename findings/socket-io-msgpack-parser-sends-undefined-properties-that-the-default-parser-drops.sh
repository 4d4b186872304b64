#!/usr/bin/env bash
# socket.io 4.8.3, socket.io-client 4.8.3, socket.io-msgpack-parser 3.0.2 (notepack.io 3.0.1): the default parser drops a
# property whose value is undefined, as JSON does. The parser for MessagePack drops one whose value is a function, but sends one
# that is undefined, and it arrives as undefined. So `"note" in message` and the number of keys change with the parser, and so
# does what `{ ...defaults, ...message }` gives. One expects parsers to differ in bytes, not in which properties arrive.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund socket.io@4.8.3 socket.io-client@4.8.3 socket.io-msgpack-parser@3.0.2
cat > seen.cjs <<'PROGRAM'
const { once } = require("node:events");
const { Server } = require("socket.io");
const { io } = require("socket.io-client");
async function keysWith(options) {
  const server = new Server(options);
  server.listen(0);
  const client = io(`http://127.0.0.1:${server.httpServer.address().port}`, { transports: ["websocket"], ...options });
  const [socket] = await once(server, "connection");
  const got = new Promise((resolve) => client.once("saved", resolve));
  socket.emit("saved", { id: 1, note: undefined, format() {} });
  const message = await got;
  client.close();
  server.close();
  return `${Object.keys(message)} (note: ${{ note: "none", ...message }.note})`;
}
(async () => {
  const parser = require("socket.io-msgpack-parser");
  console.log(`default: ${await keysWith({})}; MessagePack: ${await keysWith({ parser })}`);
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "default: id (note: none); MessagePack: id,note (note: undefined)" ] || { echo "The behaviour has changed."; exit 1; }

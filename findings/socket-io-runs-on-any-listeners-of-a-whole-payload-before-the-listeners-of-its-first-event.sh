#!/usr/bin/env bash
# socket.io 4.8.4: two events that come in one payload run in the order any 1, any 2, listener 1, listener 2. Listeners of
# onAny() run while the payload is read, those of on() in the next tick. One expects everything that hears the first event
# to run before what hears the second: a logger or counter in onAny() otherwise pairs events with the wrong work.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund socket.io@4.8.4 socket.io-client@4.8.4
cat > seen.cjs <<'PROGRAM'
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { io: connect } = require("socket.io-client");
const http = createServer();
const order = [];
new Server(http).on("connection", (socket) => {
  socket.onAny((event) => event !== "0" && order.push(`any ${event}`));
  for (const event of ["1", "2"]) socket.on(event, () => order.push(`on ${event}`));
  socket.on("2", () => {
    console.log(order.join(", "));
    process.exit();
  });
});
http.listen(0, "127.0.0.1", () => {
  const socket = connect(`http://127.0.0.1:${http.address().port}`, { transports: ["polling"] });
  // The request with "0" is under way while the others wait for the next one.
  socket.on("connect", () => setTimeout(() => socket.emit("0").emit("1").emit("2"), 100));
});
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "any 1, any 2, on 1, on 2" ] || { echo "The behaviour has changed."; exit 1; }

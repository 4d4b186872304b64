#!/usr/bin/env bash
# socket.io 4.8.4: a volatile event that a server emits in the turn in which it has emitted another event to the same client
# is dropped, over an idle WebSocket without any backlog. The first event makes the transport "not writable" until the next
# turn. One expects volatile events to be dropped only where a client is slow or away.
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
new Server(http).on("connection", (socket) => {
  setTimeout(() => socket.volatile.emit("alone"), 200);
  setTimeout(() => {
    socket.emit("first");
    socket.volatile.emit("behind");
  }, 400);
  setTimeout(() => socket.emit("end"), 800);
});
http.listen(0, "127.0.0.1", () => {
  const socket = connect(`http://127.0.0.1:${http.address().port}`, { transports: ["websocket"] });
  const heard = [];
  socket.onAny((event) => {
    heard.push(event);
    if (event !== "end") return;
    console.log(heard.join(", "));
    process.exit();
  });
});
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "alone, first, end" ] || { echo "The behaviour has changed."; exit 1; }

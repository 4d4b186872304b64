#!/usr/bin/env bash
# socket.io 4.8.4: a client over polling that emits two events and disconnects, in one turn, sends the second event and
# the disconnect packet in one payload, because the first one's request is under way. The server has read the event, has
# its listener, and never calls it: events wait for the next tick, and by then the disconnect packet behind it has ended
# the socket. One expects what was sent before a disconnect to be handled before it.
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
const heard = [];
new Server(http).on("connection", (socket) => {
  socket.conn.on("data", (data) => data.startsWith("2") && heard.push("read"));
  socket.on("first", () => heard.push("first"));
  socket.on("last", () => heard.push("last"));
  socket.on("disconnect", (reason) => {
    heard.push(reason);
    setTimeout(() => {
      console.log(heard.join(", "));
      process.exit();
    }, 500);
  });
});
http.listen(0, "127.0.0.1", () => {
  const socket = connect(`http://127.0.0.1:${http.address().port}`, { transports: ["polling"] });
  // One turn later, so that the first poll is under way.
  socket.on("connect", () => setTimeout(() => {
    socket.emit("first").emit("last");
    socket.disconnect();
  }, 100));
});
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "read, first, read, client namespace disconnect" ] || { echo "The behaviour has changed."; exit 1; }

#!/usr/bin/env bash
# socket.io-client 4.8.3 with socket.io 4.8.3: after the server has closed the connection, the client keeps a volatile event of
# the time without a connection and sends it when it is connected again, minutes later if need be, as it does with any other
# event: it looks at whether the old transport was writable. Before the first connection it drops the same event. One expects a
# volatile event to be dropped whenever there is no connection: that is what volatile is for, positions and typing notices.
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
(async () => {
  const server = new Server();
  const received = [];
  server.on("connection", (socket) => socket.on("position", (value) => received.push(value)));
  server.on("connection", (socket) => socket.on("flush", (done) => done()));
  server.listen(0);
  const client = io(`http://127.0.0.1:${server.httpServer.address().port}`, { transports: ["websocket"], reconnectionDelay: 100 });
  const connected = () => new Promise((resolve) => client.once("connect", resolve));
  client.volatile.emit("position", "before the first connection");
  const [[socket]] = await Promise.all([once(server, "connection"), connected()]);
  const lost = new Promise((resolve) => client.once("disconnect", resolve));
  socket.conn.close();
  await lost;
  client.volatile.emit("position", "while the connection was lost");
  await connected();
  await client.emitWithAck("flush");
  console.log(`received: ${received.join(", ")}`);
  client.close();
  server.close();
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "received: while the connection was lost" ] || { echo "The behaviour has changed."; exit 1; }

#!/usr/bin/env bash
# socket.io-client 4.8.4 and socket.io 4.8.4: the server calls socket.disconnect() without its argument, which ends one
# namespace and leaves the connection open. The client closes the whole connection when it is in no other namespace, and the
# server sees "transport close". With a second namespace the connection stays. One expects it to stay open in both cases, so
# that the client can join a namespace over it again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund socket.io@4.8.4 socket.io-client@4.8.4
cat > seen.cjs <<'PROGRAM'
const { Server } = require("socket.io");
const { io } = require("socket.io-client");
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
(async () => {
  for (const names of [["/"], ["/", "/chat"]]) {
    const server = new Server(0, { transports: ["websocket"] });
    server.of("/").on("connection", (socket) => socket.on("end", () => socket.disconnect()));
    server.of("/chat");
    let reason = "nothing";
    server.engine.on("connection", (connection) => connection.on("close", (why) => (reason = why)));
    const url = `http://127.0.0.1:${server.httpServer.address().port}`;
    const sockets = names.map((name) => io(url + name, { transports: ["websocket"] }));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    const ended = new Promise((resolve) => sockets[0].once("disconnect", resolve));
    sockets[0].emit("end");
    await ended;
    for (let waited = 0; reason === "nothing" && waited < 500; waited += 10) await wait(10);
    console.log(`in ${names.join(" and ")}: the server saw ${reason}`);
    for (const socket of sockets) socket.close();
    server.close();
  }
  process.exit();
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
expected='in /: the server saw transport close
in / and /chat: the server saw nothing'
[ "$seen" = "$expected" ] || { echo "The behaviour has changed. Seen before: $expected"; exit 1; }

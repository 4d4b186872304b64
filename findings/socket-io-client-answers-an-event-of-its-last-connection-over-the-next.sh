#!/usr/bin/env bash
# socket.io-client 4.8.4 and socket.io 4.8.4: a client gets an event that asks for an acknowledgement, loses its connection,
# comes back, and calls the acknowledgement then. The client sends it over the new connection, with the number that the
# last connection's event had. A server that counts these numbers anew for each connection takes it for the answer to
# another event. socket.io counts on for the whole namespace, so it finds nothing with that number and drops the answer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund socket.io@4.8.4 socket.io-client@4.8.4
cat > seen.cjs <<'PROGRAM'
const { Server } = require("socket.io");
const { io } = require("socket.io-client");
const server = new Server(0, { transports: ["websocket"] });
const sent = []; // the acknowledgements that arrive, as [connection, number]
let connections = 0;
server.on("connection", (socket) => {
  connections += 1;
  const connection = connections;
  socket.conn.on("packet", ({ type, data }) => {
    const number = type === "message" && /^3(\d+)\[/.exec(data)?.[1];
    if (number) sent.push([connection, Number(number)]);
  });
  if (connection === 1) socket.emit("question", () => {});
});
const client = io(`http://127.0.0.1:${server.httpServer.address().port}`, {
  transports: ["websocket"],
  reconnectionDelay: 10,
});
let answer;
client.on("question", (acknowledge) => {
  answer = acknowledge;
  client.io.engine.close();
});
client.on("connect", () => {
  if (answer === undefined) return;
  answer("late");
  const started = Date.now();
  const look = setInterval(() => {
    if (sent.length === 0 && Date.now() - started < 5000) return;
    clearInterval(look);
    console.log(JSON.stringify(sent));
    process.exit();
  }, 10);
});
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "acknowledgements as [connection, number]: $seen"
[ "$seen" = "[[2,0]]" ] || { echo "The behaviour has changed: [[2,0]] was seen before."; exit 1; }

#!/usr/bin/env bash
# socket.io 4.8.3 on ws 8.23.0 with `perMessageDeflate: { threshold: 1024 }`: the threshold applies only to clients that decline
# context takeover for the server's side. For all others, a browser among them, every message is compressed, also the ping "2"
# of one byte. Socket.IO documents the threshold without that condition, so one expects messages of a few bytes as they are.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund socket.io@4.8.3 ws@8.23.0
cat > seen.cjs <<'PROGRAM'
const { connect } = require("node:net");
const { Server } = require("socket.io");
const server = new Server({ transports: ["websocket"], perMessageDeflate: { threshold: 1024 }, pingInterval: 100 });
server.listen(0);
const { port } = server.httpServer.address();
const fields = [
  "Host: 127.0.0.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
];
// The messages until the first ping: Engine.IO's open packet and the ping. Both are short: a length of one byte, no mask.
function firstMessages(offer) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let received = Buffer.alloc(0);
    const request = ["GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", ...fields, `Sec-WebSocket-Extensions: ${offer}`];
    socket.write([...request, "", ""].join("\r\n"));
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      const messages = [];
      let at = received.indexOf("\r\n\r\n") + 4;
      while (at >= 4 && at + 2 <= received.length && at + 2 + received[at + 1] <= received.length) {
        messages.push((received[at] & 0x40) === 0 ? "plain" : "compressed");
        at += 2 + received[at + 1];
      }
      if (messages.length < 2) return;
      socket.destroy();
      resolve(messages.slice(0, 2).join(", "));
    });
  });
}
(async () => {
  const kept = await firstMessages("permessage-deflate");
  const declined = await firstMessages("permessage-deflate; server_no_context_takeover");
  console.log(`open and ping with takeover: ${kept}; without: ${declined}`);
  server.close();
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "open and ping with takeover: compressed, compressed; without: plain, plain" ] ||
  { echo "The behaviour has changed."; exit 1; }

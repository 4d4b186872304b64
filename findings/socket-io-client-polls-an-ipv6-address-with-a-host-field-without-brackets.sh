#!/usr/bin/env bash
# socket.io-client 4.8.4 in Node (engine.io-client 6.6.8, xmlhttprequest-ssl 2.1.2), with the URL http://[::1]:PORT: its long
# polling sends "Host: ::1:PORT", without the brackets that RFC 9112 §3.2 asks for, and its WebSocket sends "Host: [::1]:PORT". One
# expects the same field from one client. A server that checks hosts has to read both, and "::1:8080" could also be an address.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund socket.io-client@4.8.4 engine.io-client@6.6.8 xmlhttprequest-ssl@2.1.2
cat > seen.cjs <<'PROGRAM'
const http = require("node:http");
const { io } = require("socket.io-client");
const seen = {};
const server = http.createServer((request, response) => {
  seen.polling = request.headers.host;
  response.writeHead(400).end();
});
server.on("upgrade", (request, socket) => {
  seen.websocket = request.headers.host;
  socket.destroy();
});
const attempt = (transport) =>
  new Promise((resolve) => {
    const options = { transports: [transport], reconnection: false, forceNew: true };
    io(`http://[::1]:${server.address().port}`, options).on("connect_error", resolve);
  });
server.listen(0, "::1", async () => {
  const { port } = server.address();
  await attempt("polling");
  await attempt("websocket");
  console.log(`Node ${process.versions.node}: polling sends "${seen.polling}", a WebSocket "${seen.websocket}"`);
  process.exit(seen.polling === `::1:${port}` && seen.websocket === `[::1]:${port}` ? 0 : 1);
});
PROGRAM
node seen.cjs

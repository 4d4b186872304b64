#!/usr/bin/env bash
# python-engineio 4.3.4 (python3-engineio 4.3.4-2 of Debian 12) over WebSocket: a server sends a ping and then closes the
# connection. The client's reading thread queues the pong, and behind it the mark at which its writing thread has to end.
# The writing thread takes all that waits at once and drops a mark that comes behind a packet. It then waits for
# another packet, at most as long as the longer of pingInterval and pingTimeout, plus 5 seconds, before the program
# hears `disconnect` and a client that reconnects begins to. With the usual 25 and 20 seconds that makes 30 seconds.
# Whether a client is late depends on which thread is first: here most of ten clients are, by 6 seconds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund ws@8.18.3
apt-get download --quiet=2 python3-engineio=4.3.4-2 python3-websocket=1.2.3-1 python3-six=1.16.0-4 2> /dev/null
for package in *.deb; do dpkg --extract "$package" packages; done
cat > server.cjs <<'PROGRAM'
const { WebSocketServer } = require("ws");
const { spawn } = require("node:child_process");
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" }, () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  spawn("python3", ["clients.py", url], { stdio: "inherit" }).on("exit", (code) => process.exit(code));
});
server.on("connection", (socket) => {
  socket.send('0{"sid":"a","upgrades":[],"pingInterval":1000,"pingTimeout":1000}');
  setTimeout(() => {
    socket.send("2");
    socket.close(1001);
  }, 200);
});
PROGRAM
cat > clients.py <<'PROGRAM'
import sys, threading, time
import engineio

times = []

def run():
    client = engineio.Client()
    told = threading.Event()
    client.on("disconnect", lambda *reason: told.set())
    client.connect(sys.argv[1], transports=["websocket"])
    began = time.monotonic()
    told.wait(20)
    times.append(time.monotonic() - began)

threads = [threading.Thread(target=run) for _ in range(10)]
for thread in threads: thread.start()
for thread in threads: thread.join()
late = [seconds for seconds in times if seconds > 5]
print(f"told within a second: {sum(seconds < 1 for seconds in times)} of 10; after 6 seconds: {sum(5.5 < s < 8 for s in late)}")
PROGRAM
seen=$(PYTHONPATH="$folder/packages/usr/lib/python3/dist-packages" timeout 60 node server.cjs)
echo "$seen"
[[ $seen =~ seconds:\ [1-9] ]] || { echo "The behaviour has changed: clients were told 6 seconds late before."; exit 1; }

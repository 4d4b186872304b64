#!/usr/bin/env bash
# pino 10.4.0 with a transport, which runs in a worker thread: a line that is logged after transport.end() neither throws nor
# is dropped. The stream emits "error" in a later turn, and where nothing listens for that, the process ends with an uncaught
# exception that no try around the call can catch. A destination in the same thread throws at the call.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund pino@10.4.0
cat > seen.cjs <<'PROGRAM'
const pino = require("pino");
process.on("uncaughtException", ({ message }) => console.log(`uncaught: ${message}`));
const log = (logger) => {
  try {
    logger.error("late");
    return "nothing thrown";
  } catch ({ message }) {
    return `thrown: ${message}`;
  }
};
(async () => {
  const destination = pino.destination({ dest: "a.log", sync: true });
  destination.end();
  console.log(`a destination: ${log(pino(destination))}`);
  const transport = pino.transport({ target: "pino/file", options: { destination: "b.log" } });
  const ended = new Promise((resolve) => transport.once("close", resolve));
  await new Promise((resolve) => transport.once("ready", resolve));
  const logger = pino(transport);
  const alive = setInterval(() => {}, 1000); // the transport's own thread does not keep the process alive
  transport.end();
  await ended;
  console.log(`a transport: ${log(logger)}`);
  clearInterval(alive);
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
expected='a destination: thrown: SonicBoom destroyed
a transport: nothing thrown
uncaught: the worker has exited'
[ "$seen" = "$expected" ] || { echo "The behaviour has changed. Seen before: $expected"; exit 1; }

#!/usr/bin/env bash
# winston 3.19.0: a line that is logged after logger.end() emits "error" on the logger before the call returns. Where nothing
# listens for that, logger.info() itself throws, so the code that logs has to catch. A stream of Node 20 emits the same error in
# a later turn, and its write() does not throw. After logger.close() the call does neither, and the line goes to standard error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund winston@3.19.0
cat > seen.cjs <<'PROGRAM'
const { Writable } = require("node:stream");
const winston = require("winston");
const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const makeLogger = () => winston.createLogger({ transports: [new winston.transports.Stream({ stream: sink() })] });
const log = (what, call) => {
  try {
    call();
    console.log(`${what}: returned`);
  } catch ({ message }) {
    console.log(`${what}: threw "${message}"`);
  }
};
const alone = makeLogger();
alone.end();
log("no listener", () => alone.info("late"));
const watched = makeLogger();
watched.on("error", ({ message }) => console.log(`error: ${message}`));
watched.end();
log("a listener", () => watched.info("late"));
const closed = makeLogger();
closed.close();
log("closed", () => closed.info("late"));
const stream = sink();
stream.on("error", ({ message }) => console.log(`later, from a stream of Node: ${message}`));
stream.end();
log("a stream of Node", () => stream.write("late"));
PROGRAM
seen=$(timeout 30 node seen.cjs 2> errors)
echo "$seen"
expected='no listener: threw "write after end"
error: write after end
a listener: returned
closed: returned
a stream of Node: returned
later, from a stream of Node: write after end'
[ "$seen" = "$expected" ] && grep -q "Attempt to write logs with no transports" errors ||
  { echo "The behaviour has changed. Seen before: $expected"; exit 1; }

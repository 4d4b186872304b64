#!/usr/bin/env bash
# winston 3.19.0: logger.error(message, data) puts the members of data into the line. When the message contains %s, as a
# message may that quotes user input, none of them arrive, even without the format splat() that would fill in the %s. With
# splat(), data becomes a part of the message. The same line passed as one object, logger.log({ level, message, ...data }),
# keeps everything. One expects the text of a message not to decide whether the data beside it is logged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund winston@3.19.0
cat > seen.cjs <<'PROGRAM'
const winston = require("winston");
const { Writable } = require("node:stream");
const { json, splat, combine } = winston.format;
function lines(format) {
  const seen = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => (seen.push(String(chunk).trim()), done()) });
  const logger = winston.createLogger({ format, transports: [new winston.transports.Stream({ stream })] });
  logger.error("order failed", { orderId: 7 });
  logger.error('order "%s" failed', { orderId: 7 });
  logger.log({ level: "error", message: 'order "%s" failed', orderId: 7 });
  return seen;
}
for (const line of [...lines(json()), ...lines(combine(splat(), json()))]) console.log(line);
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
expected='{"level":"error","message":"order failed","orderId":7}
{"level":"error","message":"order \"%s\" failed"}
{"level":"error","message":"order \"%s\" failed","orderId":7}
{"level":"error","message":"order failed","orderId":7}
{"level":"error","message":"order \"{ orderId: 7 }\" failed"}
{"level":"error","message":"order \"%s\" failed","orderId":7}'
[ "$seen" = "$expected" ] || { echo "The behaviour has changed. Seen before: $expected"; exit 1; }

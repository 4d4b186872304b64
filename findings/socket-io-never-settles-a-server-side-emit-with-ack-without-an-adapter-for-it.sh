#!/usr/bin/env bash
# socket.io 4.8.4 with its own adapter in memory: the promise of io.serverSideEmitWithAck() neither resolves nor rejects;
# only a warning is printed. One expects it to resolve with no answers, as there are no other servers, or to reject.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund socket.io@4.8.4
cat > seen.cjs <<'PROGRAM'
const { Server } = require("socket.io");
console.warn = (line) => console.log("warning:", line);
const settled = (io) =>
  Promise.race([
    io.serverSideEmitWithAck("ping").then(
      (answers) => `resolves with ${JSON.stringify(answers)}`,
      (error) => `rejects: ${error.message}`,
    ),
    new Promise((resolve) => setTimeout(resolve, 8000, "does not settle within 8 s")),
  ]);
settled(new Server()).then((how) => {
  console.log(how);
  process.exit();
});
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
grep -q "^does not settle within 8 s$" <<< "$seen" || { echo "The behaviour has changed."; exit 1; }

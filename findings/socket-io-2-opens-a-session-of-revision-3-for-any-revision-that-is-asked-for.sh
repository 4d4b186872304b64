#!/usr/bin/env bash
# socket.io 2.5.1 does not look at the revision of Engine.IO in the query: asked for EIO=4, and for a revision that does not
# exist, it opens a session and answers in the format of revision 3 (a length before each packet). Clients of revision 4 get
# a body that they cannot read, in place of an error that names the reason. One expects a refusal, as socket.io 4 gives
# clients of revision 3: status 400, code 5, "Unsupported protocol version".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund two@npm:socket.io@2.5.1 four@npm:socket.io@4.8.4
cat > seen.cjs <<'PROGRAM'
const { createServer, get } = require("node:http");
const ask = (http, revision) =>
  new Promise((resolve) => {
    const { port } = http.address();
    get(`http://127.0.0.1:${port}/socket.io/?EIO=${revision}&transport=polling&b64=1`, async (response) => {
      let body = "";
      for await (const part of response) body += part;
      resolve(`${response.statusCode} ${body.replace(/\{"sid.*/, "{…")}`);
    });
  });
(async () => {
  for (const [name, revisions] of [["two", [3, 4, 99]], ["four", [3]]]) {
    const http = createServer();
    name === "two" ? require("two")(http) : new (require("four").Server)(http);
    await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
    for (const revision of revisions) console.log(name, revision, await ask(http, revision));
  }
  process.exit();
})();
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
for revision in 3 4 99; do
  grep -Eq "^two $revision 200 [0-9]+:0\{" <<< "$seen" || { echo "The behaviour has changed."; exit 1; }
done
grep -q '^four 3 400 {"code":5,"message":"Unsupported protocol version"}' <<< "$seen" || { echo "The behaviour has changed."; exit 1; }

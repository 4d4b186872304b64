#!/usr/bin/env bash
# h3 2.0.8: `fromNodeHandler((request, response) => …)` ends the response as soon as the handler has returned, or its promise is
# resolved. A handler that answers from a timer or another callback, as Node's handlers may, gives 200 with nothing in it, and
# its own text is lost without an error. The same handler with a third parameter is waited for. One expects a Node handler to
# be over when its response is.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund h3@2.0.8
cat > seen.mjs <<'PROGRAM'
import { fromNodeHandler, H3, serve } from "h3";
const later = (response) => setTimeout(() => response.end("done"), 20);
const app = new H3();
app.all("/two", fromNodeHandler((_, response) => void later(response)));
app.all("/three", fromNodeHandler((_, response, _next) => void later(response)));
const server = serve(app, { port: 0, hostname: "127.0.0.1", silent: true });
await server.ready();
const answers = [];
for (const path of ["two", "three"]) {
  const response = await fetch(new URL(path, server.url));
  answers.push(`${path} parameters: ${response.status} "${await response.text()}"`);
}
console.log(answers.join("; "));
await server.close(true);
PROGRAM
seen=$(timeout 30 node seen.mjs)
echo "$seen"
[ "$seen" = 'two parameters: 200 ""; three parameters: 200 "done"' ] || { echo "The behaviour has changed."; exit 1; }

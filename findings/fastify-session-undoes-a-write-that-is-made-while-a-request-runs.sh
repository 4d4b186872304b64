#!/usr/bin/env bash
# @fastify/session 11.1.3 with its own memory store and its defaults (rolling: true): a request that only reads its session
# writes its own copy of it back when it ends. What another request stored in the same session meanwhile is gone. One
# expects a store in memory to hand out one object to all, and a request that changes nothing to store nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund fastify@5.12.8 @fastify/cookie@11.0.2 @fastify/session@11.1.3
cat > seen.cjs <<'PROGRAM'
const fastify = require("fastify");
(async () => {
  const app = fastify();
  await app.register(require("@fastify/cookie"));
  await app.register(require("@fastify/session"), {
    secret: "a secret of at least 32 characters",
    cookie: { secure: false },
  });
  const [begun, written] = [deferred(), deferred()];
  app.get("/set/:color", async (request) => {
    request.session.color = request.params.color;
    return "set";
  });
  app.get("/slow", async (request) => {
    const { color } = request.session;
    begun.resolve();
    await written.promise;
    return color;
  });
  app.get("/color", async (request) => request.session.color);
  const first = await app.inject("/set/red");
  const ask = (url) =>
    app.inject({ url, headers: { cookie: first.headers["set-cookie"].split(";")[0] } }).then(({ body }) => body);
  const slow = ask("/slow");
  await begun.promise;
  await ask("/set/green");
  const during = await ask("/color");
  written.resolve();
  await slow;
  console.log(`while the slow request runs: ${during}; after it: ${await ask("/color")}`);
  await app.close();
})();
function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "while the slow request runs: green; after it: red" ] || { echo "The behaviour has changed."; exit 1; }

#!/usr/bin/env bash
# @opentelemetry/instrumentation-http 0.223.0 makes a server span for each request event of node:http, and none for an upgrade
# event. A handshake of a WebSocket leaves no trace, and its traceparent is not read: what happens on the connection has no
# parent. One expects the request, which has a method, a path and the status 101, to be a span like every other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund ws@8.23.0 @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/context-async-hooks@2.12.1 @opentelemetry/instrumentation-http@0.223.0
cat > seen.cjs <<'PROGRAM'
const { context, trace } = require("@opentelemetry/api");
const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(tracerProvider);
const instrumentation = new HttpInstrumentation({ ignoreOutgoingRequestHook: () => true });
instrumentation.setTracerProvider(tracerProvider);
const http = require("node:http");
const { WebSocket, WebSocketServer } = require("ws");
const server = http.createServer((_, response) => response.end("ok"));
new WebSocketServer({ server });
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  await fetch(`http://127.0.0.1:${port}/page`).then((response) => response.text());
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`);
  await new Promise((resolve) => socket.once("open", resolve));
  socket.close();
  await new Promise((resolve) => socket.once("close", resolve));
  const seen = exporter.getFinishedSpans().map(({ attributes }) => attributes["url.path"] ?? attributes["http.target"]);
  console.log(`spans of the server: ${seen.join(", ")}`);
  process.exit();
});
PROGRAM
seen=$(timeout 30 node seen.cjs)
echo "$seen"
[ "$seen" = "spans of the server: /page" ] || { echo "The behaviour has changed."; exit 1; }

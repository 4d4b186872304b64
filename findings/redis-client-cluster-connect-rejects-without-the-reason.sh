#!/usr/bin/env bash
# @redis/client 6.3.1: connect() of a cluster whose nodes refuse the connection rejects with "All the root nodes are
# unavailable", without a cause and without the errors of the nodes. Why (refused, a wrong password, a certificate) comes in the
# event "error" alone, whose listener a program may have added only to keep the process alive. createClient().connect() of the same
# package rejects with the reason itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @redis/client@6.3.1
cat > seen.mjs <<'PROGRAM'
import { createServer } from "node:net";
import { createClient, createCluster } from "@redis/client";
// A port at which nobody listens any more.
const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
await new Promise((resolve) => server.close(resolve));
const socket = { host: "127.0.0.1", port, reconnectStrategy: false };
const told = [];
const cluster = createCluster({ rootNodes: [{ socket }], defaults: { socket: { reconnectStrategy: false } } });
cluster.on("error", ({ code }) => told.push(code));
const ofCluster = await cluster.connect().catch((error) => error);
const client = createClient({ socket }).on("error", () => {});
const ofClient = await client.connect().catch((error) => error);
console.log(`a cluster rejects with "${ofCluster.message}" (cause: ${ofCluster.cause}), its event says ${told[0]}; a client: ${ofClient.code}`);
const isSilent = ofCluster.code === undefined && ofCluster.cause === undefined && ofCluster.errors === undefined;
process.exit(isSilent && told[0] === "ECONNREFUSED" && ofClient.code === "ECONNREFUSED" ? 0 : 1);
PROGRAM
node seen.mjs

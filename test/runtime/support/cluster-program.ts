/**
 * A worker of `node:cluster` with Roomcast on its own server, which answers all requests by how many
 * connections it counts, and how many of them have no socket. Argument: `none` where workers accept by
 * themselves.
 */

import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SocketIO } from "roomcast";
import { SharedServer } from "../../../src/adapter/node/shared-server.ts";

if (process.argv[2] === "none") cluster.schedulingPolicy = cluster.SCHED_NONE;
if (cluster.isPrimary) {
  const worker = cluster.fork();
  worker.on("message", (text: string) => console.log(text));
} else {
  const server = createServer((_request, response) =>
    server.getConnections((_error, count) =>
      response.end(`${count} counted, ${SharedServer.of(server).bareConnections?.size} without a socket`),
    ),
  );
  const socketio = new SocketIO({ logger: { info() {}, warn: console.error, error: console.error } });
  socketio.attach(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.send?.(String((server.address() as AddressInfo).port));
}

/** socket.io with its defaults: on `node:http` and `ws`. */

import { createServer } from "node:http";
import { Server } from "socket.io";
import { announce, compresses, versionOf } from "./control.mjs";
import { handleEvents } from "./socket-io-events.mjs";

const server = createServer();
const io = new Server(server, { serveClient: false, perMessageDeflate: compresses });
handleEvents(io);
server.listen(0, "127.0.0.1", () => {
  announce(server.address().port, [versionOf("socket.io"), versionOf("ws", "engine.io")]);
});

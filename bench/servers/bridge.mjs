/** `socket-io.mjs` with its import changed: a program of socket.io on Roomcast, from the built package. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Server } from "../../dist/socket.io.js";
import { announce, compresses } from "./control.mjs";
import { handleEvents } from "./socket-io-events.mjs";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const server = createServer();
const io = new Server(server, { serveClient: false, perMessageDeflate: compresses });
handleEvents(io);
server.listen(0, "127.0.0.1", () => {
  announce(server.address().port, [`roomcast ${version}`]);
});

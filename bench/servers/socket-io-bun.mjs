/** socket.io on Bun, with its own `@socket.io/bun-engine`. Runs only on Bun. */

import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";
import { announce, versionOf } from "./control.mjs";
import { handleEvents } from "./socket-io-events.mjs";

const io = new Server({ serveClient: false });
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
handleEvents(io);
const server = globalThis.Bun.serve({ hostname: "127.0.0.1", port: 0, ...engine.handler() });
announce(server.port, [versionOf("socket.io"), versionOf("@socket.io/bun-engine")]);

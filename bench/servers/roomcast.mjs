/**
 * Roomcast on Node or Bun, from the built package, as its users get it.
 * Arguments: the URL of a message queue, `--recovery`, `--metrics`, `--contract`, `--plain` (compresses
 * never).
 */

import { readFileSync } from "node:fs";
import { emit, joinRoom, leaveRoom, SocketIO } from "../../dist/index.js";
import { announce, compresses } from "./control.mjs";

const silent = { info() {}, warn: console.error, error: console.error };
const [messageQueue] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const socketio = new SocketIO({
  logger: silent,
  recovery: process.argv.includes("--recovery"),
  perMessageDeflate: compresses && !process.argv.includes("--plain"),
  // A build of an earlier version does not know the option.
  ...(process.argv.includes("--metrics") ? { metrics: true } : {}),
  ...(process.argv.includes("--contract") ? { contract: await echoContract() } : {}),
  // All clients start with a WebSocket, so the relay has nothing to do.
  ...(messageQueue === undefined ? {} : { messageQueue, relay: false }),
});
let counted = 0;

const handlers = {
  echo: (message) => emit("echo", message),
  ack: (message) => message,
  binary: (bytes) => emit("binary", bytes),
  broadcast: (message) => emit("broadcast", message, { broadcast: true }),
  burst(count, message) {
    for (let index = 0; index < count; index += 1) emit("burst", message, { broadcast: true });
  },
  join(room) {
    joinRoom(room);
    emit("joined");
  },
  leave(room) {
    leaveRoom(room);
    emit("left");
  },
  room: (room, message) => emit("room", message, { to: room }),
  sink() {
    counted += 1;
  },
  flush: () => emit("flushed", counted),
};
// A handler needs an event of the contract.
if (process.argv.includes("--contract")) socketio.on("echo", handlers.echo);
else socketio.events(handlers);

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const { port } = await socketio.run({ port: 0 });
announce(port, [`roomcast ${version}`]);

/** A contract of the event of the scenario `object`. */
async function echoContract() {
  const { contract, event } = await import("../../dist/contract.js");
  const z = await import("zod");
  const message = z.object({ room: z.string(), text: z.string().max(500), count: z.number() });
  return contract({ client: { echo: event(message) }, server: { echo: event(message) } });
}

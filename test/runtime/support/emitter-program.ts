/**
 * Servers that only emit, with and without recovery. Two are stopped, two are not. Prints the results of
 * `stop()`.
 *
 *     emitter-program.ts URL
 */

import { SocketIO } from "roomcast";

const [messageQueue = ""] = process.argv.slice(2);
const logger = { info() {}, warn: console.error, error: (message: string) => console.error(message) };

function emit(recovery: boolean): SocketIO {
  const socketio = new SocketIO({ messageQueue, logger, recovery });
  socketio.emit("news", "from a script");
  return socketio;
}

for (const recovery of [false, true]) emit(recovery);
const ends = [emit(false), emit(true)].map((socketio) => socketio.stop().then(() => "sent", String));
for (const end of await Promise.all(ends)) console.log(end);

/**
 * A program that only emits, as long as the message queue takes it.
 *
 *     emitter-program.ts URL        two servers emit: one is stopped, and the other one never
 *     emitter-program.ts URL stop   one emits, and is stopped
 */

import { SocketIO } from "roomcast";

const [messageQueue = "", mode] = process.argv.slice(2);
const logger = { info() {}, warn: console.error, error: (message: string) => console.error(message) };
const emit = () => {
  const socketio = new SocketIO({ messageQueue, logger });
  socketio.emit("news", "from a script");
  return socketio;
};

if (mode !== "stop") emit();
console.log("emitted");
await emit()
  .stop()
  .then(
    () => console.log("sent"),
    (error) => console.log(error.code, error.message),
  );

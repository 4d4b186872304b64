/**
 * A server behind the load balancer, in its own process. It either forks workers, or is one of several
 * processes on a broker. Prints its port when it listens, and ends when its standard input ends.
 */

import { parseArgs } from "node:util";
import { emit, joinRoom, SocketIO, type SocketIOOptions } from "roomcast";

const { values } = parseArgs({ options: { workers: { type: "string" }, queue: { type: "string" } } });

const options: SocketIOOptions = {
  logger: { info() {}, warn: console.error, error: console.error },
  ...(values.queue === undefined ? {} : { messageQueue: values.queue, relay: { host: "127.0.0.1" } }),
};
const socketio = new SocketIO(options);
socketio.events({
  echo: (value: unknown) => value,
  // Awaited, so that the room's messages arrive from now on.
  async join(room: string) {
    await joinRoom(room);
    return process.pid;
  },
  say: (room: string, text: string) => emit("said", text, { to: room }),
});

const { port } = await socketio.run({
  port: 0,
  host: "127.0.0.1",
  ...(values.workers === undefined ? {} : { workers: Number(values.workers) }),
});
// Each worker runs this program, too, and ends with the primary.
if (process.env.ROOMCAST_WORKER === undefined) {
  console.log(port);
  process.stdin.on("end", () => void socketio.stop().then(() => process.exit()));
  process.stdin.resume();
}

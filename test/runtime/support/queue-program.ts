/**
 * Runs two servers on the message queue of each URL. Prints one JSON line for each: the events of the first
 * server that a client of the second receives, and the log lines of both; or the error of a server that does
 * not run. Servers with a URL after "recovery" use recovery.
 *
 *     queue-program.ts URL … recovery URL
 */

import { RoomcastError, SocketIO } from "roomcast";

const longestWait = 10_000;

async function tryQueue(messageQueue: string, recovery: boolean): Promise<object> {
  const lines: string[] = [];
  const log = (message: string, error?: unknown) => lines.push(`${message} ${String(error ?? "")}`);
  const serve = async () => {
    const socketio = new SocketIO({ messageQueue, logger: { info() {}, warn: log, error: log }, recovery });
    await socketio.run({ port: 0, signals: false });
    return socketio;
  };
  try {
    const [first, second] = [await serve(), await serve()];
    const client = second.testClient();
    const heard = new Promise<unknown>((resolve) => {
      client.on("news", resolve);
    });
    await client.connect();
    await second.joinRoom("room", { sid: client.sid() });
    first.emit("news", "from afar", { to: "room" });
    const late = new Promise((resolve) => setTimeout(resolve, longestWait, null));
    return { heard: await Promise.race([heard, late]), lines };
  } catch (error) {
    if (!(error instanceof RoomcastError)) throw error;
    return { code: error.code, message: error.message };
  }
}

let recovery = false;
for (const word of process.argv.slice(2)) {
  if (word === "recovery") {
    recovery = true;
  } else {
    console.log(JSON.stringify(await tryQueue(word, recovery)));
    recovery = false;
  }
}
process.exit();

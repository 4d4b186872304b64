/** A program in which only a call to a client is still pending. */

import { SocketIO } from "roomcast";

const socketio = new SocketIO();
const client = socketio.testClient();
await client.connect();
client.on("question", null);
const [to, timeout] = [client.sid(), 300];

switch (process.argv[2]) {
  case "call":
    await socketio.call("question", 1, { to, timeout }).catch(({ code }) => console.log(code));
    break;
  case "callAll":
    for (const { error } of await socketio.callAll("question", 1, { timeout })) console.log(error?.code);
    break;
  default:
    for await (const { error } of socketio.callAll("question", 1, { timeout })) console.log(error?.code);
}

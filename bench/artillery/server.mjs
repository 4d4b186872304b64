/** The server of the comparison with artillery: acknowledges events, and prints its URL. */

import { SocketIO } from "../../dist/index.js";

const socketio = new SocketIO({ logger: { info() {}, warn() {}, error: console.error } });
socketio.on("say", (text) => text);
const { url } = await socketio.run({ port: 0 });
console.log(url);

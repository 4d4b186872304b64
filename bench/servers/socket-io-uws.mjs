/** socket.io on uWebSockets.js, with its own `attachApp`. */

import uws from "@trufflesuite/uws-js-unofficial";
import { Server } from "socket.io";
import { announce, versionOf } from "./control.mjs";
import { handleEvents } from "./socket-io-events.mjs";

const app = uws.App();
const io = new Server({ serveClient: false });
io.attachApp(app);
handleEvents(io);
app.listen("127.0.0.1", 0, (token) => {
  announce(uws.us_socket_local_port(token), [
    versionOf("socket.io"),
    versionOf("@trufflesuite/uws-js-unofficial"),
  ]);
});

/**
 * Plain uWebSockets.js: the floor of a C++ server driven from JavaScript. The messages are those of `ws.mjs`;
 * rooms are topics of uWebSockets.js.
 */

import uws from "@trufflesuite/uws-js-unofficial";
import { announce, versionOf } from "./control.mjs";

const app = uws.App();
const all = " all";
let counted = 0;

app.ws("/*", {
  maxPayloadLength: 1_000_000,
  // A slow reader must not lose messages, as it loses none on other servers.
  maxBackpressure: 64 * 1024 * 1024,
  open: (socket) => socket.subscribe(all),
  message(socket, data, isBinary) {
    if (isBinary) {
      socket.send(data, true);
      return;
    }
    const message = Buffer.from(data).toString();
    const rest = message.slice(1);
    switch (message[0]) {
      case "e":
        socket.send(rest);
        break;
      case "b":
        app.publish(all, rest);
        break;
      case "t": {
        const [count, text] = rest.split("\n");
        for (let index = 0; index < Number(count); index += 1) app.publish(all, text);
        break;
      }
      case "j":
        socket.subscribe(rest);
        socket.send("joined");
        break;
      case "r": {
        const [room, text] = rest.split("\n");
        app.publish(room, text);
        break;
      }
      case "s":
        counted += 1;
        break;
      case "f":
        socket.send(`flushed ${counted}`);
        break;
    }
  },
});
app.listen("127.0.0.1", 0, (token) => {
  announce(uws.us_socket_local_port(token), [versionOf("@trufflesuite/uws-js-unofficial")]);
});

/**
 * Plain `ws`: the floor of servers built on it. There is no protocol: the first character of a message
 * selects what to do with the rest.
 */

import { WebSocketServer } from "ws";
import { announce, versionOf } from "./control.mjs";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
const rooms = new Map();
let counted = 0;

server.on("connection", (socket) => {
  const joined = new Set();
  socket.on("message", (data, isBinary) => {
    if (isBinary) {
      socket.send(data);
      return;
    }
    const message = data.toString();
    const rest = message.slice(1);
    switch (message[0]) {
      case "e":
        socket.send(rest);
        break;
      case "b":
        for (const client of server.clients) client.send(rest);
        break;
      case "t": {
        const [count, text] = rest.split("\n");
        for (let index = 0; index < Number(count); index += 1) {
          for (const client of server.clients) client.send(text);
        }
        break;
      }
      case "j": {
        const members = rooms.get(rest);
        if (members === undefined) rooms.set(rest, new Set([socket]));
        else members.add(socket);
        joined.add(rest);
        socket.send("joined");
        break;
      }
      case "r": {
        const [room, text] = rest.split("\n");
        for (const client of rooms.get(room) ?? []) client.send(text);
        break;
      }
      case "s":
        counted += 1;
        break;
      case "f":
        socket.send(`flushed ${counted}`);
        break;
    }
  });
  socket.on("close", () => {
    for (const room of joined) {
      const members = rooms.get(room);
      members.delete(socket);
      if (members.size === 0) rooms.delete(room);
    }
  });
});
server.on("listening", () => announce(server.address().port, [versionOf("ws")]));

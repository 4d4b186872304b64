/** The server program on stock Socket.IO with its Redis streams adapter, to compare Roomcast with. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@redis/client";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Server } from "socket.io";
import { programSettings, type Reporter, reportTo, type Said } from "./control.ts";
import { namespaces } from "./history.ts";

const settings = programSettings();
let name = "";
let lastNumber = 0;
let say: (said: Said) => number = () => 0;

reportTo(settings.control, settings.hasEmitter ? "emitter" : "server", (order, report) => {
  if (order.type === "say") {
    report({ type: "said", tag: order.tag, number: say(order) });
    return;
  }
  name = order.name;
  void begin(report);
});

async function begin(report: Reporter): Promise<void> {
  const redis = createClient({ url: settings.messageQueue ?? "" });
  redis.on("error", () => report({ type: "down", link: "events" }));
  redis.on("ready", () => report({ type: "up", link: "events" }));
  await redis.connect();
  const server = createServer();
  const io = new Server(server, {
    adapter: createAdapter(redis),
    connectionStateRecovery: { maxDisconnectionDuration: settings.maxDisconnection },
    pingInterval: settings.pingInterval,
    pingTimeout: settings.pingTimeout,
  });
  say = ({ tag, namespace, rooms }) => {
    lastNumber += 1;
    const everybody = io.of(namespace);
    const target = rooms === null ? everybody : everybody.to([...rooms]);
    target.emit("said", { tag, publisher: name, number: lastNumber });
    return lastNumber;
  };
  for (const namespace of Object.values(namespaces)) {
    io.of(namespace).on("connection", (socket) => {
      socket.on("where", (answer) => answer({ process: name, rooms: [...socket.rooms] }));
      socket.on("join", async (room: string, answer) => {
        await socket.join(room);
        answer();
      });
      socket.on("leave", async (room: string, answer) => {
        await socket.leave(room);
        answer();
      });
      socket.on("say", (said: Said, answer) => answer({ publisher: name, number: say(said) }));
    });
  }
  if (settings.hasEmitter) {
    report({ type: "ready", port: null });
    return;
  }
  server.listen(0, "127.0.0.1", () =>
    report({ type: "ready", port: (server.address() as AddressInfo).port }),
  );
}

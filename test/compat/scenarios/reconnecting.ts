/** Connections that change: they break and the client reconnects, or they upgrade to WebSocket under load. */

import { expect } from "vitest";
import { type Feature, receives, sidOf, silentUponGoodbye, soon } from "./scenario.ts";
import { isNumbered, numbered } from "./server.ts";

export const reconnecting: readonly Feature[] = [
  {
    name: "Reconnection",
    scenarios: [
      {
        title: "comes by itself after the network was cut",
        async run(stage) {
          const network = await stage.startNetwork();
          const socket = await stage.connect("/", { url: network.url, reconnects: true });
          const sid = await sidOf(socket);
          network.cut();
          await soon(() => expect(socket.ends).toHaveLength(1));
          network.restore();
          await soon(() => expect(socket.acceptances).toBe(2));
          const again = await sidOf(socket);
          expect(again).not.toBe(sid);
          await stage.server.control("emit", "news", [1], { to: again });
          await receives(socket, [["news", 1]]);
        },
      },
      {
        title: "comes by itself after the server was restarted",
        missingIn: silentUponGoodbye,
        async run(stage) {
          const server = await stage.startServer();
          const socket = await stage.connect("/", { url: server.url, reconnects: true });
          await server.stop();
          await soon(() => expect(socket.ends).toHaveLength(1));
          await stage.startServer({ port: server.port });
          await soon(() => expect(socket.acceptances).toBe(2));
          expect(await socket.ask("sum", 2, 3)).toEqual([5]);
        },
      },
    ],
  },
  {
    name: "Order under load, through the upgrade",
    scenarios: [
      {
        title: "loses, duplicates and reorders nothing in either direction",
        async run(stage) {
          const count = 1000;
          const socket = stage.open();
          socket.emit("send numbers", count);
          for (let index = 0; index < count; index++) {
            socket.emit("number", index, numbered(index));
            if (index % 20 === 19) await new Promise(setImmediate);
          }
          const expected = Array.from({ length: count }, (_, index) => index);
          await soon(() => expect(socket.received.length).toBe(count));
          await soon(async () => expect((await socket.ask("numbers"))[0]).toHaveLength(count));
          expect(await socket.ask("numbers")).toEqual([expected]);
          const came = socket.received.map(([, index, data]) =>
            isNumbered(Number(index), data) ? index : `broken: ${index}`,
          );
          expect(came).toEqual(expected);
        },
      },
    ],
  },
];

/** A connection is lost for a while: a client that comes back in time finds everything as it was. */

import { expect } from "vitest";
import { type Feature, receives, sidOf, soon } from "./scenario.ts";

const namespace = "/recoverable";

export const recovering: readonly Feature[] = [
  {
    name: "Recovery of missed events",
    missingIn: ({ library }) =>
      library.name === "socket.io-client" && library.version === "4.8"
        ? undefined
        : "Recovery is new in version 4.6 of `socket.io-client`. Other clients come back as new ones.",
    scenarios: [
      {
        title: "brings every event once and in order, the rooms, the session and the id",
        async run(stage) {
          const network = await stage.startNetwork();
          const socket = await stage.connect(namespace, {
            url: network.url,
            reconnects: true,
            auth: { name: "ann" },
          });
          const sid = await sidOf(socket);
          const room = `of ${sid}`;
          await socket.ask("join", room);
          const say = (...values: unknown[]) =>
            stage.server.control("emit", "news", values, { to: room, namespace });

          await say("before");
          await receives(socket, [["news", "before", expect.any(String)]]);
          network.cut();
          await soon(() => expect(socket.ends).toHaveLength(1));
          for (let index = 0; index < 20; index++) await say(index, Buffer.from([index]));
          network.restore();
          await soon(() => expect(socket.acceptances).toBe(2));
          expect(socket.isRecovered).toBe(true);
          await say("after");

          const missed = Array.from({ length: 20 }, (_, index) => [index, Buffer.from([index])]);
          const values = [["before"], ...missed, ["after"]];
          await receives(
            socket,
            values.map((each) => ["news", ...each, expect.any(String)]),
          );
          expect(await sidOf(socket)).toBe(sid);
          expect(await socket.ask("rooms")).toEqual([[room]]);
          expect(await socket.ask("auth")).toEqual([{ name: "ann" }]);
        },
      },
      {
        title: "is not claimed for a client that left of its own accord",
        async run(stage) {
          const socket = await stage.connect(namespace);
          const sid = await sidOf(socket);
          socket.disconnect();
          await stage.server.control("reason of leaving", sid);
          await socket.reconnect();
          expect(socket.isRecovered).toBe(false);
          expect(await sidOf(socket)).not.toBe(sid);
        },
      },
    ],
  },
];

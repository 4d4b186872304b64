/** The end of a connection, and what each side is told of it. */

import { expect } from "vitest";
import type { Client } from "../clients/client.ts";
import { type Feature, receives, sidOf, soon } from "./scenario.ts";

/** What a client calls an end: those of other languages may have no word for it. */
function reason(client: Client, words: string | RegExp): unknown {
  if (client.library.name === "python-socketio") return "";
  return typeof words === "string" ? words : expect.stringMatching(words);
}

export const disconnecting: readonly Feature[] = [
  {
    name: "Disconnecting, with reasons on both sides",
    scenarios: [
      {
        title: "by the client, after its last words",
        async run(stage) {
          const [socket, other] = [await stage.connect(), await stage.connect()];
          const [sid, to] = [await sidOf(socket), await sidOf(other)];
          socket.emit("say", "one", { to });
          socket.emit("say", Buffer.from("two"), { to });
          socket.disconnect();
          expect(await stage.server.control("reason of leaving", sid)).toBe("client namespace disconnect");
          await receives(other, [
            ["said", "one"],
            ["said", Buffer.from("two")],
          ]);
          await soon(() => expect(socket.ends).toEqual([reason(stage.client, "io client disconnect")]));
        },
      },
      ...[false, true].map((close) => ({
        title: `by a handler, ${close ? "with the whole connection" : "after what it has emitted"}: the client stays away`,
        async run(stage: Parameters<Feature["scenarios"][number]["run"]>[0]) {
          const socket = await stage.connect("/", { reconnects: true });
          const sid = await sidOf(socket);
          socket.emit("bye", close);
          await soon(() => expect(socket.ends).toEqual([reason(stage.client, "io server disconnect")]));
          expect(socket.received).toEqual([
            ["last words", 1],
            ["last words", Buffer.from("two")],
          ]);
          expect(await stage.server.control("reason of leaving", sid)).toBe("server namespace disconnect");
          expect(socket.acceptances).toBe(1);
          // It may come back when its user says so.
          await socket.reconnect();
          expect(await socket.ask("echo", 1)).toEqual([1]);
        },
      })),
      {
        title: "by the server from outside of handlers",
        async run(stage) {
          const [socket, other] = [await stage.connect(), await stage.connect()];
          const sid = await sidOf(socket);
          await stage.server.control("disconnect client", sid);
          await soon(() => expect(socket.ends).toEqual([reason(stage.client, "io server disconnect")]));
          expect(await stage.server.control("reason of leaving", sid)).toBe("server namespace disconnect");
          expect(await other.ask("echo", "still here")).toEqual(["still here"]);
        },
      },
      {
        title: "by a network that is cut",
        async run(stage) {
          const network = await stage.startNetwork();
          const socket = await stage.connect("/", { url: network.url });
          network.cut();
          await soon(() => expect(socket.ends).toEqual([reason(stage.client, /^transport (close|error)$/)]));
        },
      },
    ],
  },
  {
    name: "Heartbeats",
    scenarios: [
      {
        title: "keep a connection alive on which nothing is said",
        async run(stage) {
          const socket = await stage.connect();
          const sid = await sidOf(socket);
          await new Promise((resolve) => setTimeout(resolve, 1000));
          expect(await sidOf(socket)).toBe(sid);
          expect(socket.ends).toEqual([]);
        },
      },
    ],
  },
];

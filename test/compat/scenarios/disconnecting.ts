/** The end of a connection, and how each side learns of it. */

import { expect } from "vitest";
import type { Client, ClientSocket } from "../clients/client.ts";
import {
  type Feature,
  isPython,
  losesGoodbye,
  receives,
  type Stage,
  sidOf,
  silentUponGoodbye,
  soon,
} from "./scenario.ts";

/** Resolves when the client has seen its end, with the reason where the library gives one. */
async function ends({ client }: Stage, socket: ClientSocket, reason: string | RegExp): Promise<void> {
  const words = typeof reason === "string" ? reason : expect.stringMatching(reason);
  // The Python client may report one end twice.
  await soon(() => expect(socket.ends).toEqual(isPython(client) ? expect.arrayContaining([""]) : [words]));
}

export const disconnecting: readonly Feature[] = [
  {
    name: "Disconnecting, with a reason on both sides",
    scenarios: [
      {
        title: "by the client",
        missingIn: losesGoodbye,
        async run(stage) {
          const socket = await stage.connect();
          const sid = await sidOf(socket);
          socket.disconnect();
          await ends(stage, socket, "io client disconnect");
          // The Python client may close the connection before it has sent its disconnect packet.
          const goodbye = isPython(stage.client)
            ? /^(client namespace disconnect|transport (close|error))$/
            : /^client namespace disconnect$/;
          expect(await stage.server.control("reason of leaving", sid)).toMatch(goodbye);
        },
      },
      {
        title: "by the client, after its last events",
        missingIn: (client) =>
          isPython(client)
            ? "Events that the client emits just before it disconnects may get lost."
            : undefined,
        async run(stage) {
          const [socket, other] = [await stage.connect(), await stage.connect()];
          const to = await sidOf(other);
          socket.emit("say", "one", { to });
          socket.emit("say", Buffer.from("two"), { to });
          socket.disconnect();
          await receives(other, [
            ["said", "one"],
            ["said", Buffer.from("two")],
          ]);
        },
      },
      ...[false, true].map((close) => ({
        title: `by a handler, ${close ? "with the whole connection" : "after what it has emitted"}: the client stays away`,
        missingIn: (client: Client) =>
          close && isPython(client)
            ? "After `disconnect({ close: true })`, which closes the whole connection, the client may come back by itself."
            : undefined,
        async run(stage: Stage) {
          const socket = await stage.connect("/", { reconnects: true });
          const sid = await sidOf(socket);
          socket.emit("bye", close);
          await ends(stage, socket, "io server disconnect");
          expect(socket.received).toEqual([
            ["last words", 1],
            ["last words", Buffer.from("two")],
          ]);
          expect(await stage.server.control("reason of leaving", sid)).toBe("server namespace disconnect");
          expect(socket.acceptances).toBe(1);
          // It may reconnect when its application says so.
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
          await ends(stage, socket, "io server disconnect");
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
          await ends(stage, socket, /^transport (close|error)$/);
        },
      },
    ],
  },
  {
    name: "Last events before the server disconnects",
    scenarios: [
      {
        title: "reach the client before it ends",
        async run(stage) {
          const socket = await stage.connect();
          await stage.server.control("disconnect client", await sidOf(socket), {
            reason: "Closing time",
            code: 7,
          });
          await ends(stage, socket, "io server disconnect");
          expect(socket.received).toEqual([
            ["disconnect_reason", { reason: "Closing time", code: 7, retry: false }],
          ]);
        },
      },
      {
        title: "may ask the client to come back by itself",
        missingIn: silentUponGoodbye,
        async run(stage) {
          const socket = await stage.connect("/", { reconnects: true });
          await stage.server.control("disconnect client", await sidOf(socket), {
            reason: "Restart",
            retry: true,
          });
          await soon(() => expect(socket.acceptances).toBe(2));
          expect(socket.received).toEqual([["disconnect_reason", { reason: "Restart", retry: true }]]);
          expect(await socket.ask("echo", 1)).toEqual([1]);
        },
      },
    ],
  },
  {
    name: "Heartbeats",
    scenarios: [
      {
        title: "keep a quiet connection alive",
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

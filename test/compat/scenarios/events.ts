/** The other side's handler receives exactly the values that one side emits. */

import { expect } from "vitest";
import {
  type Feature,
  isPython,
  isVersion2,
  messagePackFaults,
  receives,
  type Scenario,
  sidOf,
  soon,
} from "./scenario.ts";

/** A scenario in which the server echoes values, and then sends the same values from its own memory. */
export function carries(title: string, values: readonly unknown[], arrive = values): Scenario {
  return {
    title,
    async run(stage) {
      const socket = await stage.connect();
      socket.emit("echo as event", ...values);
      await receives(socket, [["back", ...arrive]]);
    },
  };
}

export const events: readonly Feature[] = [
  {
    name: "Events in both directions",
    scenarios: [
      carries("carry no values", []),
      carries("carry several values", [1, "two", true, null, -2.5]),
      {
        ...carries("carry very large numbers", [-2.5e300, 2 ** 53]),
        missingIn: messagePackFaults,
      },
      carries("carry empty values", ["", [], {}, 0, false]),
      carries("carry nested data", [{ list: [1, [2, [{ deep: { deeper: [null, { end: true }] } }]]] }]),
      carries("carry text that looks like packets", ['42["event"]', "451-[", "b64", "/namespace,1["]),
      {
        title: "keep their order when there are many",
        async run(stage) {
          const socket = await stage.connect();
          const indexes = Array.from({ length: 300 }, (_, index) => index);
          for (const index of indexes) socket.emit("echo as event", index);
          await receives(
            socket,
            indexes.map((index) => ["back", index]),
          );
        },
      },
      {
        title: "come from outside of handlers, to one client",
        async run(stage) {
          const [socket, other] = [await stage.connect(), await stage.connect()];
          await stage.server.control("emit", "news", [{ a: 1 }, 2], { to: await sidOf(socket) });
          await receives(socket, [["news", { a: 1 }, 2]]);
          expect(await other.ask("echo")).toEqual([]);
          expect(other.received).toEqual([]);
        },
      },
      {
        title: "continue after a handler has failed",
        async run(stage) {
          const socket = await stage.connect();
          socket.emit("fail");
          socket.emit("fail later");
          expect(await socket.ask("echo", "fine")).toEqual(["fine"]);
        },
      },
      {
        title: "include message and json, which send() sends",
        async run(stage) {
          const socket = await stage.connect();
          socket.emit("message", "there");
          await receives(socket, [
            ["message", "there back"],
            ["json", { text: "there" }],
          ]);
        },
      },
    ],
  },
  {
    name: "Unicode and emoji",
    scenarios: [
      carries("pass both ways", ["é 你好 😀 👩‍👩‍👧 \u2028 \u0000", { "ключ\n": "значение 🗝️" }]),
      carries("pass when they separate packets", ["a\u001eb", { "\u001e": "\u001e4" }]),
      carries("pass in large numbers", ["é😀".repeat(30_000)]),
      {
        title: "pass as the name of an event",
        async run(stage) {
          const socket = await stage.connect();
          expect(await socket.ask("сообщение 😀", 1)).toEqual([{ unknown: "сообщение 😀", values: [1] }]);
        },
      },
    ],
  },
  {
    name: "Catch-all handlers",
    scenarios: [
      {
        title: "get the events without a handler of their own",
        async run(stage) {
          const socket = await stage.connect();
          expect(await socket.ask("unheard of", 1, { two: 2 })).toEqual([
            { unknown: "unheard of", values: [1, { two: 2 }] },
          ]);
          expect(await socket.ask("echo", "known")).toEqual(["known"]);
        },
      },
    ],
  },
  {
    name: "Volatile events from the server",
    scenarios: [
      {
        title: "reach a connected client",
        async run(stage) {
          const socket = await stage.connect();
          const to = await sidOf(socket);
          // A polling client is not connected between two polls, and may miss one.
          await soon(async () => {
            await stage.server.control("emit", "tick", [1], { to, volatile: true });
            expect(socket.received[0]).toEqual(["tick", 1]);
          });
        },
      },
    ],
  },
  {
    name: "Volatile events from the client",
    missingIn: (client) =>
      isPython(client) || isVersion2(client) ? "The client has no volatile events." : undefined,
    scenarios: [
      {
        title: "reach the server",
        async run(stage) {
          const socket = await stage.connect();
          await soon(() => {
            socket.emitVolatile("echo as event", 1);
            expect(socket.received[0]).toEqual(["back", 1]);
          });
        },
      },
    ],
  },
];

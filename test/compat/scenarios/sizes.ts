/** The size of messages. */

import { expect } from "vitest";
import type { Client } from "../clients/client.ts";
import { type Feature, isPython, type Stage, sidOf, soon } from "./scenario.ts";
import { largestMessage } from "./server.ts";

/** The Python client does not tell its program when the server refuses a request. */
function isSilent(client: Client): boolean {
  return isPython(client) && client.transport === "polling";
}

export const sizes: readonly Feature[] = [
  {
    name: "Size limit of messages",
    scenarios: [
      {
        title: "accepts a message just below the limit",
        async run(stage) {
          const socket = await stage.connect();
          // Over polling, bytes travel as base64.
          const isBase64 = stage.client.library.parser === "msgpack" && stage.client.transport === "polling";
          const text = "x".repeat((largestMessage - 100) * (isBase64 ? 0.74 : 1));
          const [answer] = await socket.ask("echo", text);
          expect(answer === text).toBe(true);
        },
      },
      ...[
        { kind: "text", message: "x".repeat(largestMessage + 10) },
        { kind: "bytes", message: Buffer.alloc(largestMessage + 10) },
      ].map(({ kind, message }) => ({
        title: `ends a client that sends too much (${kind}), and no other`,
        async run(stage: Stage) {
          const [socket, other] = [await stage.connect(), await stage.connect()];
          const sid = await sidOf(socket);
          socket.emit("echo", message);
          expect(await stage.server.control("reason of leaving", sid)).toBe("payload too large");
          if (!isSilent(stage.client)) await soon(() => expect(socket.ends).toHaveLength(1));
          expect(await other.ask("echo", "still here")).toEqual(["still here"]);
        },
      })),
      {
        title: "knows no limit from the server to the client",
        async run(stage) {
          const socket = await stage.connect();
          const text = "y".repeat(2 * largestMessage);
          socket.emit("repeat as event", "y", text.length);
          await soon(() => expect(socket.received).toHaveLength(1));
          expect(socket.received[0]?.[1] === text).toBe(true);
        },
      },
    ],
  },
];

/** Bytes in both directions, alone and among other data. */

import { expect } from "vitest";
import { carries } from "./events.ts";
import { type Feature, messagePackFaults, receives, sidOf } from "./scenario.ts";
import { memory, memoryAsBuffers } from "./server.ts";

const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
const nested = ["text", { list: [1, { deep: bytes }], also: [Buffer.from([1, 2, 3])] }, null];

export const binary: readonly Feature[] = [
  {
    name: "Binary data in both directions",
    scenarios: [
      carries("alone", [bytes]),
      carries("empty", [Buffer.alloc(0)]),
      carries("deep inside of other data", nested),
      {
        ...carries("from memory of every kind, of the client", memory, memoryAsBuffers),
        missingIn: messagePackFaults,
      },
      {
        title: "from memory of every kind, of the server",
        async run(stage) {
          const socket = await stage.connect();
          socket.emit("memory");
          await receives(socket, [["back", ...memoryAsBuffers]]);
        },
      },
      carries(
        "in ten attachments, in their order",
        Array.from({ length: 10 }, (_, index) => Buffer.from([index])),
      ),
      carries("in a large piece", [Buffer.alloc(300_000, "some bytes")]),
      {
        title: "in acknowledgements of both sides",
        async run(stage) {
          const socket = await stage.connect();
          expect(await socket.ask("echo", ...nested)).toEqual(nested);
          socket.answer("question", nested);
          const answer = await stage.server.control("call", "question", [], await sidOf(socket), 10_000);
          expect(answer).toEqual({ answer: nested });
        },
      },
      {
        title: "between events without bytes, in order",
        async run(stage) {
          const socket = await stage.connect();
          const sent = Array.from({ length: 60 }, (_, index) => [
            index,
            index % 3 === 0 ? Buffer.from([index]) : `text ${index}`,
          ]);
          for (const values of sent) socket.emit("echo as event", ...values);
          await receives(
            socket,
            sent.map((values) => ["back", ...values]),
          );
        },
      },
      {
        title: "to many clients at once",
        async run(stage) {
          const sockets = [await stage.connect(), await stage.connect(), await stage.connect()];
          const room = `files of ${await sidOf(sockets[0] as (typeof sockets)[number])}`;
          for (const socket of sockets) await socket.ask("join", room);
          await stage.server.control("emit", "news", [{ file: bytes }], { to: room });
          for (const socket of sockets) await receives(socket, [["news", { file: bytes }]]);
        },
      },
    ],
  },
];

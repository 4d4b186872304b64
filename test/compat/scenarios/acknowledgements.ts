/** Answers to events, in both directions. */

import { expect } from "vitest";
import { deadline } from "../../support/waiting.ts";
import { type Feature, losesGoodbye, receives, sidOf, soon } from "./scenario.ts";

export const acknowledgements: readonly Feature[] = [
  {
    name: "Acknowledgements from the server",
    scenarios: [
      {
        title: "carry the return values of the handler: one, several, none",
        async run(stage) {
          const socket = await stage.connect();
          expect(await socket.ask("sum", 2, 3)).toEqual([5]);
          expect(await socket.ask("echo", 1, null, [false], "é😀")).toEqual([1, null, [false], "é😀"]);
          expect(await socket.ask("nothing")).toEqual([]);
        },
      },
      {
        title: "find their event, in any order of the answers",
        async run(stage) {
          const socket = await stage.connect();
          const held = socket.ask("hold", "first question");
          expect(await socket.ask("echo", "second question")).toEqual(["second question"]);
          await soon(async () => expect(await socket.ask("release")).toEqual([true]));
          expect(await held).toEqual(["first question"]);
        },
      },
      {
        title: "come after the events of the handler",
        async run(stage) {
          const socket = await stage.connect();
          expect(await socket.ask("speak and answer")).toEqual(["done"]);
          expect(socket.received).toEqual([
            ["step", 1],
            ["step", 2],
          ]);
        },
      },
      {
        title: "report a handler that fails, without its secrets",
        async run(stage) {
          const socket = await stage.connect();
          for (const event of ["fail", "fail later", "return what cannot be sent"]) {
            const answer = await socket.ask(event);
            expect(answer).toEqual([{ error: { code: "ERR_HANDLER_FAILED", message: expect.any(String) } }]);
            expect(JSON.stringify(answer)).not.toMatch(/password|1234/);
          }
        },
      },
      {
        title: "carry the return value of the error handler, if there is one",
        async run(stage) {
          const socket = await stage.connect("/sorry");
          expect(await socket.ask("fail")).toEqual(["sorry", "fail"]);
        },
      },
      {
        title: "say that there is no handler",
        async run(stage) {
          const socket = await stage.connect("/sorry");
          expect(await socket.ask("unheard of")).toEqual([
            { error: { code: "ERR_NO_HANDLER", message: expect.any(String) } },
          ]);
        },
      },
    ],
  },
  {
    name: "Acknowledgements from the client",
    scenarios: [
      {
        title: "are the result of call(), inside of handlers and outside",
        async run(stage) {
          const socket = await stage.connect();
          socket.answer("question", "what came");
          const to = await sidOf(socket);
          expect(await socket.ask("ask", "question", { a: "é" })).toEqual([{ answer: { a: "é" } }]);
          expect(await socket.ask("ask", "question", 1, "two")).toEqual([{ answer: [1, "two"] }]);
          expect(await stage.server.control("call", "question", [[1]], to, 10_000)).toEqual({ answer: [1] });
          expect(await stage.server.control("call", "question", [], to, 10_000)).toEqual({});
        },
      },
      {
        title: "reach the callback of emit",
        async run(stage) {
          const socket = await stage.connect();
          socket.answer("question", [3, "and", { more: [] }]);
          socket.emit("ask with callback", "question", 1);
          await soon(() => expect(socket.received).toContainEqual(["answered", 3, "and", { more: [] }]));
        },
      },
      {
        title: "have only the time that call() gives them",
        async run(stage) {
          const socket = await stage.connect();
          socket.answer("question", ["late"], 200);
          socket.answer("again", ["in time"]);
          const to = await sidOf(socket);
          const late = await stage.server.control("call", "question", [], to, 50);
          expect(late).toEqual({ failure: "ERR_TIMEOUT" });
          expect(await stage.server.control("call", "again", [], to, 10_000)).toEqual({ answer: "in time" });
        },
      },
      {
        title: "can be waited for in the connect handler, once the client is accepted",
        async run(stage) {
          const socket = stage.open("/asking");
          socket.answer("your name", ["me"]);
          await socket.connected();
          await soon(() => expect(socket.received.at(-1)).toEqual(["answered", "me"]));
        },
      },
      {
        title: "come once from each client of a room",
        async run(stage) {
          const sockets = [await stage.connect(), await stage.connect(), await stage.connect()] as const;
          const [asker] = sockets;
          const room = `asked by ${await sidOf(asker)}`;
          for (const [index, socket] of sockets.entries()) {
            socket.answer("question", [index]);
            await socket.ask("join", room);
          }
          asker.emit("ask a room", room, "question");
          const answers = () =>
            asker.received.flatMap(([event, answer]) => (event === "answered" ? [answer] : []));
          await soon(() => expect(answers()).toHaveLength(3));
          await asker.ask("nothing");
          expect(answers().toSorted()).toEqual([0, 1, 2]);
        },
      },
      {
        title: "do not come from a client that leaves",
        missingIn: losesGoodbye,
        async run(stage) {
          const socket = await stage.connect();
          socket.answer("question", ["late"], deadline);
          const to = await sidOf(socket);
          const answer = stage.server.control("call", "question", [], to, 10_000);
          await receives(socket, [["question"]]);
          socket.disconnect();
          expect(await answer).toEqual({ failure: "ERR_DISCONNECTED" });
        },
      },
    ],
  },
  {
    name: "Acknowledgements from a whole room",
    scenarios: [
      {
        title: "are collected, with the reason for each client that does not answer",
        async run(stage) {
          const sockets = [await stage.connect(), await stage.connect(), await stage.connect()] as const;
          const [one, two, late] = sockets;
          one.answer("question", "what came");
          two.answer("question", ["two", { values: Buffer.from("é") }]);
          late.answer("question", ["late"], deadline);
          const sids = await Promise.all(sockets.map(sidOf));
          const room = `asked of ${sids[0]}`;
          for (const socket of sockets) await socket.ask("join", room);
          const answers = (await stage.server.control("callAll", "question", [1], room, 2000)) as {
            sid: string;
          }[];
          const bySid = new Map(answers.map(({ sid, ...answer }) => [sid, answer]));
          expect(answers).toHaveLength(3);
          expect(sids.map((sid) => bySid.get(sid))).toEqual([
            { value: 1 },
            { value: ["two", { values: Buffer.from("é") }] },
            { failure: "ERR_TIMEOUT" },
          ]);
        },
      },
    ],
  },
  {
    name: "Acknowledgement timeouts in the client",
    missingIn: ({ library }) =>
      library.name === "socket.io-client" && library.version !== "4.8"
        ? "`timeout()` is new in version 4.4."
        : undefined,
    scenarios: [
      {
        title: "report an answer that does not come in time",
        async run(stage) {
          const socket = await stage.connect();
          expect(await socket.askWithin(50, "never")).toBe("timeout");
          expect(await socket.askWithin(10_000, "echo", 1)).toEqual([1]);
        },
      },
    ],
  },
];

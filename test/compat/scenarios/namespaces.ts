/** Several conversations over one connection, each with its own clients and its own end. */

import { expect } from "vitest";
import type { ClientSocket } from "../clients/client.ts";
import { type Feature, isPython, receives, type Stage, sidOf, soon } from "./scenario.ts";

/** A client in `"/"` and in `"/chat"`, over one connection. */
async function inBoth(stage: Stage): Promise<[main: ClientSocket, chat: ClientSocket]> {
  const [main, chat] = stage.openTogether(["/", "/chat"]) as [ClientSocket, ClientSocket];
  await Promise.all([main.connected(), chat.connected()]);
  return [main, chat];
}

export const namespaces: readonly Feature[] = [
  {
    name: "Several namespaces on one connection",
    scenarios: [
      {
        title: "have their own ids, events and handlers",
        async run(stage) {
          const [main, chat] = await inBoth(stage);
          expect(await main.ask("who")).toMatchObject([{ namespace: "/" }]);
          expect(await chat.ask("who")).toMatchObject([{ namespace: "/chat" }]);
          expect(await sidOf(main)).not.toBe(await sidOf(chat));
          chat.emit("echo as event", "for the chat");
          main.emit("echo as event", "for the main");
          await receives(chat, [["back", "for the chat"]]);
          await receives(main, [["back", "for the main"]]);
        },
      },
      {
        title: "have broadcasts of their own",
        async run(stage) {
          const namespace = `/team-${process.hrtime.bigint()}`;
          const [main, team] = stage.openTogether(["/", namespace]) as [ClientSocket, ClientSocket];
          await Promise.all([main.connected(), team.connected()]);
          const room = `of ${await sidOf(main)}`;
          for (const socket of [main, team]) await socket.ask("join", room);
          await team.ask("say", "to the room", { to: room });
          await stage.server.control("emit", "said", ["to the namespace"], { namespace });
          await receives(team, [
            ["said", "to the room"],
            ["said", "to the namespace"],
          ]);
          expect(await main.ask("nothing")).toEqual([]);
          expect(main.received).toEqual([]);
        },
      },
      {
        title: "carry binary data each",
        async run(stage) {
          const [main, chat] = await inBoth(stage);
          const answers = [main.ask("echo", Buffer.from("m")), chat.ask("echo", Buffer.from("c"))];
          expect(await Promise.all(answers)).toEqual([[Buffer.from("m")], [Buffer.from("c")]]);
        },
      },
      {
        title: "are left one by one by the server",
        async run(stage) {
          const [main, chat] = await inBoth(stage);
          chat.emit("bye", false);
          await soon(() => expect(chat.ends).toHaveLength(1));
          expect(await main.ask("echo", "still here")).toEqual(["still here"]);
          expect(main.ends).toEqual([]);
        },
      },
      {
        title: "may be named by a pattern",
        async run(stage) {
          const socket = await stage.connect("/team-7");
          expect(await socket.ask("who")).toMatchObject([{ namespace: "/team-7" }]);
          expect((await stage.refuse("/team-x")).message).toBe("Invalid namespace");
        },
      },
    ],
  },
  {
    name: "Leaving one namespace of several",
    missingIn: (client) => (isPython(client) ? "The client can leave all namespaces or none." : undefined),
    scenarios: [
      {
        title: "leaves the others connected, and can be undone",
        async run(stage) {
          const [main, chat] = await inBoth(stage);
          const sid = await sidOf(chat);
          chat.disconnect();
          expect(await stage.server.control("reason of leaving", sid)).toBe("client namespace disconnect");
          expect(await main.ask("echo", "still here")).toEqual(["still here"]);
          await chat.reconnect();
          expect(await chat.ask("who")).toMatchObject([{ namespace: "/chat" }]);
        },
      },
    ],
  },
];

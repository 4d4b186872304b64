/** The clients that an event reaches. Rooms are named after ids, because other runs use the same server. */

import { expect } from "vitest";
import type { ClientSocket } from "../clients/client.ts";
import { type Feature, losesGoodbye, receives, type Stage, sidOf, soon } from "./scenario.ts";

/** Three clients, their ids, and a room of which the first two are members. */
async function company(stage: Stage) {
  const sockets = await Promise.all([stage.connect(), stage.connect(), stage.connect()]);
  const [ann, bob, cat] = sockets;
  const sids = (await Promise.all(sockets.map(sidOf))) as [string, string, string];
  const room = `lobby of ${sids[0]}`;
  for (const socket of [ann, bob]) await socket.ask("join", room);

  /** The events of each of the three clients, once all earlier ones have arrived. */
  async function whatAllHeard(): Promise<unknown[][]> {
    const heard = async (socket: ClientSocket) => {
      await soon(() => expect(socket.received.at(-1)).toEqual(["said", "end"]));
      return socket.received.slice(0, -1).map(([, text]) => text);
    };
    await stage.server.control("emit", "said", ["end"], { to: sids });
    return Promise.all(sockets.map(heard));
  }
  return { ann, bob, cat, sids, room, whatAllHeard };
}

export const rooms: readonly Feature[] = [
  {
    name: "Rooms and broadcasts",
    scenarios: [
      {
        title: "reach members only, with or without the sender",
        async run(stage) {
          const { ann, cat, sids, room, whatAllHeard } = await company(stage);
          await ann.ask("say", "a member speaks", { to: room });
          await cat.ask("say", "a stranger speaks", { to: room });
          await ann.ask("say", "not to me", { to: room, includeSelf: false });
          await ann.ask("say", "not to bob", { to: room, skipSid: sids[1] });
          await ann.ask("say", "to cat and me", { to: [sids[2], sids[0]] });
          expect(await whatAllHeard()).toEqual([
            ["a member speaks", "a stranger speaks", "not to bob", "to cat and me"],
            ["a member speaks", "a stranger speaks", "not to me"],
            ["to cat and me"],
          ]);
        },
      },
      {
        title: "are left, joined from outside, and closed",
        async run(stage) {
          const { ann, bob, cat, sids, room, whatAllHeard } = await company(stage);
          await bob.ask("leave", room);
          await stage.server.control("joinRoom", room, sids[2]);
          expect(await cat.ask("rooms")).toEqual([[room]]);
          await ann.ask("say", "hello", { to: room });
          await ann.ask("close room", room);
          await ann.ask("say", "unheard news", { to: room });
          expect(await whatAllHeard()).toEqual([["hello"], [], ["hello"]]);
        },
      },
      {
        title: "are left by a client that disconnects",
        missingIn: losesGoodbye,
        async run(stage) {
          const { ann, bob, sids, room } = await company(stage);
          bob.disconnect();
          await stage.server.control("reason of leaving", sids[1]);
          expect(await stage.server.control("rooms", sids[1])).toEqual([]);
          await bob.reconnect();
          await ann.ask("say", "anyone there", { to: room });
          expect(await bob.ask("rooms")).toEqual([[]]);
          expect(bob.received).toEqual([]);
        },
      },
      {
        title: "reach everyone of a namespace",
        async run(stage) {
          const namespace = `/team-${process.hrtime.bigint()}`;
          const one = await stage.connect(namespace);
          const two = await stage.connect(namespace);
          const apart = await stage.connect();
          await one.ask("say", "to all", { broadcast: true });
          await one.ask("say", "to the others", { broadcast: true, includeSelf: false });
          await receives(two, [
            ["said", "to all"],
            ["said", "to the others"],
          ]);
          expect(one.received).toEqual([["said", "to all"]]);
          expect(await apart.ask("echo")).toEqual([]);
          expect(apart.received).toEqual([]);
        },
      },
      {
        title: "may be very many: an event to all thousand rooms of a client reaches it once",
        async run(stage) {
          const socket = await stage.connect();
          const sid = await sidOf(socket);
          const names = Array.from({ length: 1000 }, (_, index) => `${index} of ${sid}`);
          expect(await socket.ask("join", ...names)).toEqual([names.length]);
          await stage.server.control("emit", "said", ["once"], { to: names });
          await stage.server.control("emit", "said", ["last"], { to: names.at(-1) });
          await receives(socket, [
            ["said", "once"],
            ["said", "last"],
          ]);
        },
      },
    ],
  },
];

/** Whom an event reaches: the sender, a room, a list, everyone, or everyone but some. */

import { closeRoom, type EmitOptions, emit, joinRoom, leaveRoom, request, rooms } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import {
  ask,
  reconnect,
  record,
  type Socket,
  type StockClient,
  sidOf,
  stockClients,
} from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";

/** A server whose clients say what it shall do, and four of them. */
async function company(client: StockClient) {
  const { socketio, url } = await startServer();
  socketio.events({
    join(room: string) {
      joinRoom(room);
      return rooms();
    },
    leave(room: string) {
      leaveRoom(room);
      return rooms();
    },
    close: (room: string) => closeRoom(room),
    rooms: () => rooms(),
    say: (text: string, options?: EmitOptions) => emit("said", text, options),
  });
  const sockets = await Promise.all([1, 2, 3, 4].map(() => client.connect(url)));
  const [ann, bob, cat, dan] = sockets as [Socket, Socket, Socket, Socket];
  const heard = sockets.map(record);

  /** Everything that each of the four has heard, once all that was said before has arrived. */
  async function whatAllHeard(): Promise<unknown[][]> {
    socketio.emit("end");
    await soon(() => heard.every((events) => events.at(-1)?.[0] === "end")).toBe(true);
    return heard.map((events) =>
      events.splice(0).flatMap(([event, text]) => (event === "said" ? [text] : [])),
    );
  }

  return { socketio, ann, bob, cat, dan, whatAllHeard };
}

describe.each(stockClients)("rooms with %s", (client) => {
  it("reach their members and nobody else, also from outside of handlers", async () => {
    const { socketio, ann, bob, cat, whatAllHeard } = await company(client);
    expect(await ask(ann, "join", "lobby")).toEqual([[sidOf(ann), "lobby"]]);
    await ask(bob, "join", "lobby");
    await ask(ann, "say", "a member speaks", { to: "lobby" });
    await ask(cat, "say", "a stranger speaks", { to: "lobby" });
    socketio.emit("said", "the server speaks", { to: "lobby" });
    const [first, second, ...others] = await whatAllHeard();
    expect(first).toEqual(["a member speaks", "a stranger speaks", "the server speaks"]);
    expect(second).toEqual(first);
    expect(others).toEqual([[], []]);
  });

  it("are left, by the client itself or from outside", async () => {
    const { socketio, ann, bob, cat, whatAllHeard } = await company(client);
    for (const socket of [ann, bob, cat]) await ask(socket, "join", "lobby");
    expect(await ask(ann, "leave", "lobby")).toEqual([[sidOf(ann)]]);
    socketio.leaveRoom("lobby", { sid: sidOf(bob) });
    expect(await socketio.rooms({ sid: sidOf(bob) })).toEqual([sidOf(bob)]);
    await ask(ann, "say", "who is there", { to: "lobby" });
    expect(await whatAllHeard()).toEqual([[], [], ["who is there"], []]);
  });

  it("can be joined from outside", async () => {
    const { socketio, ann, bob, whatAllHeard } = await company(client);
    await socketio.joinRoom("lobby", { sid: sidOf(bob) });
    expect(await ask(bob, "rooms")).toEqual([[sidOf(bob), "lobby"]]);
    await ask(ann, "say", "hello", { to: "lobby" });
    expect(await whatAllHeard()).toEqual([[], ["hello"], [], []]);
  });

  it("end for all when they are closed", async () => {
    const { socketio, ann, bob, cat, whatAllHeard } = await company(client);
    for (const socket of [ann, bob]) await ask(socket, "join", "lobby");
    await ask(cat, "join", "attic");
    await ask(ann, "close", "lobby");
    expect(await ask(bob, "rooms")).toEqual([[sidOf(bob)]]);
    await ask(ann, "say", "nobody hears this", { to: "lobby" });
    await ask(ann, "say", "the attic stays", { to: "attic" });
    expect(await whatAllHeard()).toEqual([[], [], ["the attic stays"], []]);
    socketio.closeRoom("attic");
    await ask(ann, "say", "nobody hears this", { to: "attic" });
    expect(await whatAllHeard()).toEqual([[], [], [], []]);
  });

  it("are left by a client that disconnects", async () => {
    const { socketio, ann, bob, whatAllHeard } = await company(client);
    const inRooms: unknown[] = [];
    socketio.on("disconnect", () => inRooms.push(rooms()));
    for (const socket of [ann, bob]) await ask(socket, "join", "lobby");
    const sid = sidOf(ann);
    ann.disconnect();
    await soon(() => inRooms).toEqual([[sid, "lobby"]]);
    expect(await socketio.rooms({ sid })).toEqual([]);
    await reconnect(ann);
    expect(sidOf(ann)).not.toBe(sid);
    await ask(bob, "say", "who is there", { to: ["lobby", sid] });
    expect(await whatAllHeard()).toEqual([[], ["who is there"], [], []]);
  });

  it("are not needed to speak to one client: its id names it", async () => {
    const { ann, bob, whatAllHeard } = await company(client);
    await ask(ann, "say", "psst", { to: sidOf(bob) });
    expect(await whatAllHeard()).toEqual([[], ["psst"], [], []]);
  });

  it("reach a client once that is in several of a list", async () => {
    const { ann, bob, cat, whatAllHeard } = await company(client);
    await ask(ann, "join", "red");
    await ask(ann, "join", "blue");
    await ask(bob, "join", "blue");
    await ask(cat, "say", "to all of you", { to: ["red", "blue", sidOf(ann), "empty"] });
    expect(await whatAllHeard()).toEqual([["to all of you"], ["to all of you"], [], []]);
  });

  it("leave the sender out, or others, when told so", async () => {
    const { ann, bob, cat, dan, whatAllHeard } = await company(client);
    for (const socket of [ann, bob, cat]) await ask(socket, "join", "lobby");
    await ask(ann, "say", "not me", { to: "lobby", includeSelf: false });
    await ask(ann, "say", "not bob", { to: "lobby", skipSid: sidOf(bob) });
    await ask(dan, "say", "neither", {
      broadcast: true,
      includeSelf: false,
      skipSid: [sidOf(ann), sidOf(bob)],
    });
    expect(await whatAllHeard()).toEqual([["not bob"], ["not me"], ["not me", "not bob", "neither"], []]);
  });

  it("are not needed to speak to everyone, or back to the sender", async () => {
    const { ann, whatAllHeard } = await company(client);
    await ask(ann, "say", "to me");
    await ask(ann, "say", "to all", { broadcast: true });
    await ask(ann, "say", "to the others", { broadcast: true, includeSelf: false });
    const others = ["to all", "to the others"];
    expect(await whatAllHeard()).toEqual([["to me", "to all"], others, others, others]);
  });

  it("of one name are different rooms in different namespaces", async () => {
    const { socketio, url } = await startServer({ namespaces: "/chat" });
    socketio.on("connect", () => joinRoom("room"), { namespace: "*" });
    socketio.on("say", (text: string) => emit("said", `${text} ${request.namespace}`, { to: "room" }), {
      namespace: "*",
    });
    const main = await client.connect(url);
    const chat = await client.connect(`${url}/chat`);
    const [inMain, inChat] = [record(main), record(chat)];
    await ask(main, "say", "hello");
    await ask(chat, "say", "hello");
    expect(inMain).toEqual([["said", "hello /"]]);
    expect(inChat).toEqual([["said", "hello /chat"]]);
  });
});

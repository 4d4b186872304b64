/** A client that chooses the names of rooms, and tries to get events that are for another client. */

import {
  call,
  callAll,
  closeRoom,
  emit,
  joinRoom,
  leaveRoom,
  Namespace,
  rooms,
  type SocketIO,
  send,
  type TestClient,
} from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, portlessServer } from "../support/portless-server.ts";

class Chat extends Namespace {
  on_hello() {}
}

/** A server that runs an action with a name that a client has chosen, and two clients of "/chat". */
async function start(act: (name: string, socketio: SocketIO, chat: Chat) => unknown) {
  const { socketio } = portlessServer();
  const chat = new Chat("/chat");
  socketio.onNamespace(chat);
  socketio.namespace("/chat").on("act", async (name: string) => {
    try {
      await act(name, socketio, chat);
      return "done";
    } catch (error) {
      return (error as { code?: string }).code;
    }
  });
  const ada = await joinedClient(socketio, "/chat");
  const eve = await joinedClient(socketio, "/chat");
  await socketio.joinRoom("kitchen", { broadcast: true, namespace: "/chat" });
  return { socketio, chat, ada, eve };
}

const heard = (client: TestClient) => client.received().map(({ name, args }) => [name, ...args].join(" "));

describe("the room of another client's sid", () => {
  it.each<[string, (sid: string, socketio: SocketIO, chat: Chat) => unknown]>([
    ["joinRoom()", (sid) => joinRoom(sid)],
    ["joinRoom() for those of a room", (sid) => joinRoom(sid, { to: "kitchen" })],
    ["joinRoom() for all", (sid) => joinRoom(sid, { broadcast: true })],
    ["joinRoom() for a client that is not here", (sid) => joinRoom(sid, { sid: "elsewhere" })],
    ["joinRoom() in another namespace", (sid) => joinRoom(sid, { namespace: "/" })],
    ["socketio.joinRoom()", (sid, socketio) => socketio.joinRoom(sid, { to: "kitchen", namespace: "/chat" })],
    [
      "the namespace's joinRoom()",
      (sid, socketio) => socketio.namespace("/chat").joinRoom(sid, { to: "kitchen" }),
    ],
    ["the class namespace's joinRoom()", (sid, _socketio, chat) => chat.joinRoom(sid, { to: "kitchen" })],
  ])("is refused by %s", async (_what, act) => {
    const { socketio, ada, eve } = await start(act);
    expect(await eve.call("act", ada.sid("/chat"), "/chat")).toBe("ERR_ROOM");
    socketio.emit("letter", 1, { to: ada.sid("/chat"), namespace: "/chat" });
    await ada.idle();
    await eve.idle();
    expect([heard(ada), heard(eve)]).toEqual([["letter 1"], []]);
  });

  it("is refused as well when that client has left, or never existed", async () => {
    const { ada, eve } = await start((name) => joinRoom(name));
    const sid = ada.sid("/chat");
    await ada.disconnect("/chat");
    for (const name of [sid, "sid~", `sid~${"x".repeat(20)}`]) {
      expect(await eve.call("act", name, "/chat")).toBe("ERR_ROOM");
    }
  });

  it("cannot be emptied or left by others, nor by its own client", async () => {
    const seen: unknown[] = [];
    const { socketio, ada, eve } = await start(async (name) => {
      await joinRoom("attic");
      await leaveRoom(name);
      await leaveRoom(name, { sid: name });
      await leaveRoom(name, { broadcast: true });
      await closeRoom(name);
      seen.push(rooms());
    });
    for (const client of [ada, eve]) {
      expect(await client.call("act", ada.sid("/chat"), "/chat")).toBe("done");
    }
    expect(seen).toEqual([ada, eve].map((client) => [client.sid("/chat"), "kitchen", "attic"]));
    socketio.emit("letter", 1, { to: ada.sid("/chat"), namespace: "/chat" });
    await ada.idle();
    expect(heard(ada)).toEqual(["letter 1"]);
  });

  it("may be joined by its own client, which is in it already", async () => {
    const { ada } = await start(async (name) => {
      await joinRoom(name);
      expect(rooms()).toEqual([name, "kitchen"]);
    });
    expect(await ada.call("act", ada.sid("/chat"), "/chat")).toBe("done");
  });
});

describe("one client that { sid } names", () => {
  const chatOf = { namespace: "/chat" };

  it.each<[string, (sid: string, socketio: SocketIO, chat: Chat) => unknown]>([
    ["emit()", (sid) => emit("letter", 1, { sid })],
    ["send()", (sid) => send("letter", { sid })],
    ["call()", (sid) => call("letter", 1, { sid })],
    ["callAll()", (sid) => callAll("letter", 1, { sid })],
    ["socketio.emit()", (sid, socketio) => socketio.emit("letter", 1, { sid, ...chatOf })],
    ["socketio.send()", (sid, socketio) => socketio.send("letter", { sid, ...chatOf })],
    ["socketio.call()", (sid, socketio) => socketio.call("letter", 1, { sid, ...chatOf })],
    ["socketio.callAll()", (sid, socketio) => socketio.callAll("letter", 1, { sid, ...chatOf })],
    ["the namespace's emit()", (sid, socketio) => socketio.namespace("/chat").emit("letter", 1, { sid })],
    ["the namespace's send()", (sid, socketio) => socketio.namespace("/chat").send("letter", { sid })],
    ["the namespace's call()", (sid, socketio) => socketio.namespace("/chat").call("letter", 1, { sid })],
    [
      "the namespace's callAll()",
      (sid, socketio) => socketio.namespace("/chat").callAll("letter", 1, { sid }),
    ],
    ["the class namespace's emit()", (sid, _socketio, chat) => chat.emit("letter", 1, { sid })],
    ["the class namespace's send()", (sid, _socketio, chat) => chat.send("letter", { sid })],
    ["the class namespace's call()", (sid, _socketio, chat) => chat.call("letter", 1, { sid })],
    ["the class namespace's callAll()", (sid, _socketio, chat) => chat.callAll("letter", 1, { sid })],
  ])("is all that %s reaches, also where the name is that of a room", async (_what, act) => {
    const { ada, eve } = await start(act);
    expect(await eve.call("act", ada.sid("/chat"), "/chat")).toBe("done");
    await ada.idle();
    expect([heard(ada).length, heard(eve).length]).toEqual([1, 0]);
    // A room is not a client. call() says that no client can answer.
    expect(["done", "ERR_DISCONNECTED"]).toContain(await eve.call("act", "kitchen", "/chat"));
    await ada.idle();
    expect([heard(ada), heard(eve)]).toEqual([[], []]);
  });

  it("is all that sockets(), countClients(), rooms() and disconnect() mean", async () => {
    const { socketio, ada, eve } = await start(() => {});
    const sid = ada.sid("/chat");
    const one = { sid, ...chatOf };
    expect((await socketio.sockets(one)).map((socket) => socket.sid)).toEqual([sid]);
    expect((await socketio.countClients(one)).count).toBe(1);
    expect(await socketio.rooms(one)).toEqual([sid, "kitchen"]);
    await socketio.disconnect({ sid: "kitchen", ...chatOf });
    await socketio.disconnect(one);
    await ada.idle();
    expect([ada.isConnected("/chat"), eve.isConnected("/chat")]).toEqual([false, true]);
  });
});

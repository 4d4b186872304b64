import {
  args,
  call,
  callAll,
  closeRoom,
  disconnect,
  emit,
  joinRoom,
  leaveRoom,
  request,
  rooms,
  type SocketIO,
  send,
  type TestClient,
} from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, plainClient, portlessServer } from "../support/portless-server.ts";

/** Three connected clients, Ada, Bob and Cem. Ada and Bob are in the kitchen. */
async function three(socketio: SocketIO) {
  const clients = [await joinedClient(socketio), await joinedClient(socketio), await joinedClient(socketio)];
  const [ada, bob, cem] = clients as [TestClient, TestClient, TestClient];
  for (const { sid } of [ada, bob].map((client) => ({ sid: client.sid() })))
    socketio.joinRoom("kitchen", { sid });
  return {
    ada,
    bob,
    cem,
    /** The events that each client got since the last call, as `event value`. */
    heard: () =>
      [ada, bob, cem].map((client) =>
        client.received().map(({ name, args: values }) => [name, ...values].join(" ")),
      ),
  };
}

describe("names of rooms that clients choose", () => {
  const longest = "r".repeat(255);

  it("may be as long as maxRoomLength allows", async () => {
    const { socketio } = portlessServer();
    socketio.on("join", (room) => joinRoom(room));
    socketio.on("say", (room) => emit("said", 1, { to: room }));
    const ada = await joinedClient(socketio);
    await ada.emit("join", longest);
    await ada.emit("say", longest);
    expect(ada.received().map(({ name }) => name)).toEqual(["said"]);
  });

  it.each<[string, (room: string, socketio: SocketIO) => unknown]>([
    ["joinRoom()", (room) => joinRoom(room)],
    ["socketio.joinRoom()", (room, socketio) => socketio.joinRoom(room, { sid: request.sid })],
    ["joinRoom() for those of a room", (room) => joinRoom("kitchen", { to: room })],
    ["leaveRoom()", (room) => leaveRoom(room)],
    ["closeRoom()", (room) => closeRoom(room)],
    ["emit() to a room", (room) => emit("said", 1, { to: room })],
    ["socketio.emit() to several", (room, socketio) => socketio.emit("said", 1, { to: ["kitchen", room] })],
    ["send() to a room", (room) => send("said", { to: room })],
    ["callAll() to a room", (room) => callAll("said", 1, { to: room })],
    ["disconnect() for a room", (room) => disconnect({ to: room })],
    ["rooms() of a client", (room) => rooms({ sid: room })],
    ["socketio.sockets() of a room", (room, socketio) => socketio.sockets({ to: room })],
    ["socketio.countClients() of a room", (room, socketio) => socketio.countClients({ to: room })],
    ["call() to a client", (room) => call("said", 1, { to: room })],
    ["emit() to all but a room", (room) => emit("said", 1, { broadcast: true, except: room })],
    ["joinRoom() of several", (room) => joinRoom(["kitchen", room])],
    ["leaveRoom() of several", (room) => leaveRoom(["kitchen", room])],
    ["closeRoom() of several", (room) => closeRoom(["kitchen", room])],
  ])("are refused by %s when they are longer by one", async (_what, act) => {
    const { socketio } = portlessServer();
    socketio.on("act", async (room) => {
      try {
        await act(room, socketio);
        return "done";
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
    const ada = await joinedClient(socketio);
    expect(await ada.call("act", `${longest}r`)).toBe("ERR_LIMIT");
    expect(ada.received()).toEqual([]);
    expect(socketio.stats().roomNamesRefused).toBe(1);
  });
});

describe("emit()", () => {
  it("replies to the sender", async () => {
    const { socketio } = portlessServer();
    socketio.on("go", () => emit("reply", 1));
    const { ada, heard } = await three(socketio);
    await ada.emit("go");
    expect(heard()).toEqual([["reply 1"], [], []]);
  });

  const cases: [options: (sids: string[]) => object, reached: number[]][] = [
    [() => ({ broadcast: true }), [0, 1, 2]],
    [() => ({ broadcast: true, includeSelf: false }), [1, 2]],
    [() => ({ to: "kitchen" }), [0, 1]],
    [() => ({ to: "kitchen", includeSelf: false }), [1]],
    [([, , cem]) => ({ to: cem }), [2]],
    [([, , cem]) => ({ to: ["kitchen", cem] }), [0, 1, 2]],
    [([, bob, cem]) => ({ to: ["kitchen", cem], skipSid: bob }), [0, 2]],
    [([ada, bob]) => ({ broadcast: true, skipSid: [ada, bob] }), [2]],
    [() => ({ broadcast: true, except: "kitchen" }), [2]],
    [([, , cem]) => ({ to: ["kitchen", cem], except: "nowhere" }), [0, 1, 2]],
    [([, , cem]) => ({ broadcast: true, except: ["kitchen", cem] }), []],
    [([, bob]) => ({ to: "kitchen", except: bob }), [0]],
    [() => ({ to: "kitchen", except: "kitchen" }), []],
    [() => ({ to: "nowhere" }), []],
    [() => ({ volatile: true, compress: false, ignoreQueue: true }), [0]],
  ];

  it.each(cases)("reaches those that the options %s name", async (options, reached) => {
    const { socketio } = portlessServer();
    const { ada, bob, cem, heard } = await three(socketio);
    const given = options([ada, bob, cem].map((client) => client.sid()));
    socketio.on("go", () => emit("news", "x", given));
    await ada.emit("go");
    expect(heard().map((events) => events.length)).toEqual(
      [0, 1, 2].map((index) => (reached.includes(index) ? 1 : 0)),
    );
  });

  it("stays in the namespace of its handler unless another is named", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat").on("go", () => {
      emit("here");
      emit("there", undefined, { namespace: "/" });
      emit("all there", undefined, { namespace: "/", broadcast: true });
    });
    const [ada, bob] = [await joinedClient(socketio), await joinedClient(socketio)];
    await ada.connect("/chat");
    await ada.emit("go", undefined, "/chat");
    expect(ada.received().map(({ name, namespace }) => [name, namespace])).toEqual([
      ["here", "/chat"],
      ["there", "/"],
      ["all there", "/"],
    ]);
    expect(bob.received().map(({ name }) => name)).toEqual(["all there"]);
  });

  it("follows the acceptance in a connect handler, and nothing follows a refusal", async () => {
    const { socketio } = portlessServer();
    socketio.on("connect", async (auth) => {
      emit("first");
      await Promise.resolve();
      emit("second");
      return auth !== undefined;
    });
    const client = await joinedClient(socketio, "/", { token: 1 });
    expect(client.received().map(({ name }) => name)).toEqual(["first", "second"]);
    const refused = socketio.testClient();
    await expect(refused.connect()).rejects.toThrow("Connection rejected by server");
    expect(refused.received()).toEqual([]);
  });

  it("calls back with the answer of each receiver, for the client whose event it was", async () => {
    const { socketio } = portlessServer();
    const answers: unknown[] = [];
    socketio.on("go", () => {
      emit("ask", undefined, {
        to: "kitchen",
        callback: (...values: unknown[]) => void answers.push([request.sid, values]),
      });
    });
    const { ada, bob } = await three(socketio);
    ada.on("ask", () => "from ada");
    bob.on("ask", () => args("from", "bob"));
    await ada.emit("go");
    await bob.idle();
    expect(answers).toEqual([
      [ada.sid(), ["from ada"]],
      [ada.sid(), ["from", "bob"]],
    ]);
  });

  it("throws for what cannot be sent", async () => {
    const { socketio, log } = portlessServer();
    socketio.on("go", (name: string) => emit(name, name === "bill" ? 1n : undefined));
    const client = await plainClient(socketio);
    await client.emit("go", "connect");
    await client.emit("go", "bill");
    expect(log.errors).toMatchObject([{ code: "ERR_EVENT_NAME" }, { code: "ERR_PAYLOAD" }]);
  });
});

describe("send()", () => {
  it("sends a message, or JSON", async () => {
    const { socketio } = portlessServer();
    socketio.on("go", () => {
      send("hello");
      send({ a: 1 }, { json: true });
      send("all", { broadcast: true, includeSelf: false });
    });
    const { ada, heard } = await three(socketio);
    await ada.emit("go");
    expect(heard()).toEqual([["message hello", "json [object Object]"], ["message all"], ["message all"]]);
  });
});

describe("call()", () => {
  it("asks the sender, or the client that the options name", async () => {
    const { socketio } = portlessServer();
    const { ada, cem } = await three(socketio);
    ada.on("name", (greeting: string) => `${greeting} ada`);
    cem.on("name", () => "cem");
    socketio.on("go", async () => [
      await call("name", "hello"),
      await call("name", undefined, { to: cem.sid() }),
    ]);
    expect(await ada.call("go")).toEqual(["hello ada", "cem"]);
  });

  it("asks the same client in another namespace", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    socketio.on("go", () => call("where", undefined, { namespace: "/chat" }));
    const client = await joinedClient(socketio);
    await client.connect("/chat");
    client.on("where", () => "there");
    expect(await client.call("go")).toBe("there");
    expect(client.received("/chat")).toHaveLength(1);
  });

  it("rejects when the client is not there, or does not answer in time", async () => {
    const { socketio } = portlessServer();
    socketio.on("go", async (options: object) =>
      call("name", undefined, options).catch((error: { code: string }) => error.code),
    );
    const client = await joinedClient(socketio);
    client.on("name", () => new Promise(() => {}));
    expect(await client.call("go", { to: "nobody" })).toBe("ERR_DISCONNECTED");
    expect(await client.call("go", { namespace: "/chat" })).toBe("ERR_DISCONNECTED");
    expect(await client.call("go", { timeout: 1 })).toBe("ERR_TIMEOUT");
  });

  it.each([Number.NaN, -1, null, "100", Number.POSITIVE_INFINITY])(
    "and callAll() refuse to wait for %s ms, in handlers and outside",
    async (given) => {
      const { socketio } = portlessServer();
      const timeout = given as number;
      const codes: string[] = [];
      const note = (error: { code: string }) => void codes.push(error.code);
      socketio.on("go", async () => {
        await call("name", undefined, { timeout }).catch(note);
        await (async () => callAll("name", undefined, { timeout }))().catch(note);
      });
      const client = await joinedClient(socketio);
      await client.emit("go");
      await socketio.call("name", undefined, { to: client.sid(), timeout }).catch(note);
      await (async () => socketio.callAll("name", undefined, { timeout }))().catch(note);
      expect(codes).toEqual(Array.from({ length: 4 }, () => "ERR_OPTION"));
      expect(client.received()).toEqual([]);
    },
  );
});

describe("callAll()", () => {
  it("asks all clients of the namespace, or those that the options name", async () => {
    const { socketio } = portlessServer();
    const { ada, bob, cem } = await three(socketio);
    for (const [name, client] of Object.entries({ ada, bob, cem })) {
      client.on("name", (greeting: string) => `${greeting} ${name}`);
    }
    socketio.on("go", async (options: object) => {
      const answers = await callAll("name", "hi", options);
      return answers.map(({ value }) => value).sort();
    });
    expect(await ada.call("go", {})).toEqual(["hi ada", "hi bob", "hi cem"]);
    expect(await ada.call("go", { includeSelf: false })).toEqual(["hi bob", "hi cem"]);
    expect(await ada.call("go", { to: "kitchen" })).toEqual(["hi ada", "hi bob"]);
    expect(await ada.call("go", { to: "kitchen", skipSid: bob.sid() })).toEqual(["hi ada"]);
    expect(await ada.call("go", { namespace: "/chat" })).toEqual([]);
    await expect(ada.call("go", { room: "kitchen" })).rejects.toThrow('no option "room"');
  });

  it("gives each answer as it comes, in the handler's context", async () => {
    const { socketio } = portlessServer();
    const { ada, bob, cem } = await three(socketio);
    bob.on("name", () => new Promise(() => {}));
    cem.on("name", () => args("c", "em"));
    socketio.on("go", async () => {
      const came: unknown[] = [];
      for await (const { sid, value, error } of callAll("name", undefined, { includeSelf: false })) {
        came.push([request.sid === ada.sid(), sid === bob.sid() ? "bob" : "cem", error?.code ?? value]);
        disconnect({ sid: bob.sid() });
      }
      return came;
    });
    expect(await ada.call("go")).toEqual([
      [true, "cem", ["c", "em"]],
      [true, "bob", "ERR_DISCONNECTED"],
    ]);
  });
});

describe("rooms", () => {
  it("begin with the client's own sid, and are joined, left and closed", async () => {
    const { socketio } = portlessServer();
    socketio.on("go", async () => {
      const seen = [rooms()];
      joinRoom("attic");
      await joinRoom("cellar");
      seen.push(rooms());
      leaveRoom("attic");
      leaveRoom("nowhere");
      seen.push(rooms());
      closeRoom("kitchen");
      seen.push(rooms());
      return seen;
    });
    const { ada, bob } = await three(socketio);
    const sid = ada.sid();
    expect(await ada.call("go")).toEqual([
      [sid, "kitchen"],
      [sid, "kitchen", "attic", "cellar"],
      [sid, "kitchen", "cellar"],
      [sid, "cellar"],
    ]);
    expect(await socketio.rooms({ sid: bob.sid() })).toEqual([bob.sid()]);
  });

  it("take other clients and namespaces by the options", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    const { ada, cem } = await three(socketio);
    await ada.connect("/chat");
    const other = { sid: cem.sid() };
    const chat = { namespace: "/chat" };
    socketio.on("go", async () => {
      joinRoom("attic", other);
      joinRoom("balcony", chat);
      joinRoom("balcony", { sid: "nobody" });
      const seen = await Promise.all([
        rooms(),
        rooms(other),
        rooms(chat),
        rooms({ sid: "nobody" }),
        rooms({ namespace: "/none" }),
      ]);
      leaveRoom("attic", other);
      closeRoom("balcony", chat);
      return [...seen, await rooms(other), rooms(chat)];
    });
    const [sid, chatSid] = [ada.sid(), ada.sid("/chat")];
    expect(await ada.call("go")).toEqual([
      [sid, "kitchen"],
      [cem.sid(), "attic"],
      [chatSid, "balcony"],
      [],
      [],
      [cem.sid()],
      [chatSid],
    ]);
  });

  it("take the clients of a room, or all", async () => {
    const { socketio } = portlessServer();
    const { ada, bob, cem } = await three(socketio);
    socketio.on("go", async () => {
      await joinRoom("dinner", { to: "kitchen", includeSelf: false });
      await joinRoom("house", { broadcast: true });
      await leaveRoom("house", { to: ["dinner", "nowhere"] });
    });
    await ada.emit("go");
    const roomsOf = async (client: TestClient) => (await socketio.rooms({ sid: client.sid() })).slice(1);
    expect(await Promise.all([ada, bob, cem].map(roomsOf))).toEqual([
      ["kitchen", "house"],
      ["kitchen", "dinner"],
      ["house"],
    ]);
  });

  it("refuse names that are no names, at once", async () => {
    const { socketio, log } = portlessServer();
    socketio.on("join", (room: string) => {
      joinRoom(room);
    });
    const client = await plainClient(socketio);
    for (const room of ["", null, 7, {}]) await client.emit("join", room);
    expect(log.errors).toMatchObject(Array.from({ length: 4 }, () => ({ code: "ERR_ROOM" })));
    expect(await socketio.rooms({ sid: client.sid() })).toEqual([client.sid()]);
  });
});

describe("disconnect()", () => {
  it("ends the sender's presence in the namespace, after what was sent before", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    socketio.on("go", () => {
      emit("goodbye");
      disconnect();
      emit("never heard");
    });
    const client = await joinedClient(socketio);
    await client.connect("/chat");
    await client.emit("go");
    expect(client.received().map(({ name }) => name)).toEqual(["goodbye"]);
    expect([client.isConnected(), client.isConnected("/chat")]).toEqual([false, true]);
  });

  it("ends another client, or a whole connection", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat");
    const reasons: string[] = [];
    socketio.on("disconnect", (reason) => void reasons.push(reason));
    const { ada, bob } = await three(socketio);
    await bob.connect("/chat");
    socketio.on("go", (options: object) => disconnect(options));
    await ada.emit("go", { sid: bob.sid() });
    expect([bob.isConnected(), bob.isConnected("/chat")]).toEqual([false, true]);
    await ada.emit("go", { sid: bob.sid("/chat"), namespace: "/chat", close: true });
    await ada.emit("go", { sid: "nobody", close: true });
    await ada.emit("go", { close: true });
    expect([bob.isConnected("/chat"), ada.isConnected()]).toEqual([false, false]);
    expect(reasons).toEqual(["server namespace disconnect", "server namespace disconnect"]);
    expect(socketio.clientCount).toBe(1);
  });

  it("ends the clients of a room, and not the sender if that is wanted", async () => {
    const { socketio } = portlessServer();
    const { ada, bob, cem } = await three(socketio);
    socketio.on("go", () => disconnect({ to: "kitchen", includeSelf: false, close: true }));
    await ada.emit("go");
    expect([ada, bob, cem].map((client) => client.isConnected())).toEqual([true, false, true]);
    expect(socketio.clientCount).toBe(2);
  });

  it("refuses a client in a connect handler", async () => {
    const { socketio } = portlessServer();
    const ends: unknown[] = [];
    socketio.on("connect", () => disconnect());
    socketio.on("disconnect", (reason) => void ends.push(reason));
    const client = socketio.testClient();
    await expect(client.connect()).rejects.toThrow("Connection rejected by server");
    expect(ends).toEqual(["server namespace disconnect"]);
  });
});

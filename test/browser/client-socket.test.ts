import { args } from "roomcast/client";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakePage, settled } from "../support/fake-websocket.ts";

let page: FakePage;
beforeEach(() => {
  page = new FakePage();
});

describe("joining", () => {
  it("is a state, an event and an id", async () => {
    const socket = page.connect();
    const states: string[] = [];
    const stop = socket.subscribe(() => states.push(socket.state));
    const connect = vi.fn();
    socket.on("connect", connect);
    expect([socket.state, socket.id]).toEqual(["connecting", undefined]);
    await page.accept({ sid: "x" });
    expect([socket.state, socket.id, socket.recovered]).toEqual(["connected", "x", false]);
    expect(connect).toHaveBeenCalledTimes(1);
    stop();
    socket.disconnect();
    expect(states).toEqual(["connected"]);
    expect([socket.state, socket.id, socket.error?.code]).toEqual(["closed", undefined, "ERR_CLOSED"]);
  });

  it("that fails changes the error, which subscribers hear of in the same state", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const socket = page.connect({ auth: () => Promise.reject(new Error("no token")) });
    const seen: unknown[] = [];
    socket.subscribe(() => seen.push([socket.state, socket.error?.code]));
    page.last.open();
    await settled();
    expect(seen).toEqual([["connecting", "ERR_REFUSED"]]);
  });

  it("sends auth, which a function gives for each attempt", async () => {
    let token = 0;
    const socket = page.connect({ auth: async () => ({ token: ++token }) });
    page.last.open();
    await settled();
    expect(page.last.take()).toEqual(['40{"token":1}']);
    page.last.receive('40{"sid":"a"}');
    page.last.break();
    await page.nextAttempt();
    page.last.open();
    await settled();
    expect(page.last.take()).toEqual(['40{"token":2}']);
    expect(socket.state).toBe("resuming");
  });

  it("waits for auth, and does not send it over a later connection", async () => {
    const answers: ((auth: object) => void)[] = [];
    page.connect({ auth: () => new Promise<object>((resolve) => answers.push(resolve)) });
    page.last.open();
    page.last.break();
    await page.nextAttempt();
    answers[0]?.({ token: "old" });
    await settled();
    expect(page.last.take()).toEqual([]);
    page.last.open();
    answers[1]?.({ token: "new" });
    await settled();
    expect(page.last.take()).toEqual(['40{"token":"new"}']);
  });

  it("tries again where auth cannot be had", async () => {
    let fails = true;
    const socket = page.connect({
      auth: () => {
        if (fails) throw new Error("no token server");
        return { token: "x" };
      },
    });
    const errors: unknown[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    page.last.open();
    await settled();
    expect(errors).toMatchObject([{ message: "auth failed: Error: no token server" }]);
    expect(socket.state).toBe("connecting");
    fails = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(page.last.take()).toEqual(['40{"token":"x"}']);
  });

  it("may be refused: the socket is closed, and says why", async () => {
    const socket = page.connect();
    const errors: unknown[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    const call = socket.call("say");
    page.last.open();
    await settled();
    page.last.receive('44{"message":"no ticket","data":{"code":7,"help":"buy one"}}');
    expect(errors).toMatchObject([{ code: 7, message: "no ticket", data: { code: 7, help: "buy one" } }]);
    expect(socket.error).toBe(errors[0]);
    expect(socket.state).toBe("closed");
    await expect(call).rejects.toBe(errors[0]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(page.sockets).toHaveLength(1);
    expect(page.last.isClosedByClient).toBe(true);
  });

  it("may be refused for a while", async () => {
    const socket = page.connect();
    page.last.open();
    await settled();
    page.last.receive('44{"message":"full","data":{"retry":true}}');
    expect(socket.state).toBe("connecting");
    page.last.take();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(page.last.take()).toEqual(["40"]);
    page.last.receive('40{"sid":"a"}');
    expect(socket.state).toBe("connected");
  });

  it("understands a refusal in words alone, as python-socketio sends it", async () => {
    const socket = page.connect();
    page.last.open();
    page.last.receive('44"Unable to connect"');
    expect(socket.error).toMatchObject({ code: "ERR_REFUSED", message: "Unable to connect" });
  });
});

describe("events of the server", () => {
  it("reach their listeners, and those of all events", async () => {
    const socket = await page.connected();
    const heard: unknown[] = [];
    const stop = socket.on("said", (...values: unknown[]) => heard.push(values));
    socket.once("said", () => heard.push("once"));
    socket.on("*", (event, ...values) => heard.push([event, ...values]));
    page.last.receive('42["said",1,null]');
    stop();
    page.last.receive('42["said",2]');
    socket.off("*");
    page.last.receive('42["said",3]');
    expect(heard).toEqual([["said", 1, null], [1, null], "once", ["said", 2]]);
  });

  it("bring binary", async () => {
    const socket = await page.connected();
    const heard = vi.fn();
    socket.on("file", heard);
    page.last.receive('451-["file",{"_placeholder":true,"num":0}]');
    page.last.receive(new Uint8Array([1, 2]));
    expect(heard).toHaveBeenCalledWith(new Uint8Array([1, 2]));
  });

  it("are acknowledged with what a listener returns", async () => {
    const socket = await page.connected();
    socket.on("sum", (a: number, b: number) => a + b);
    socket.on("later", async () => args(1, 2));
    socket.on("nothing", () => {});
    page.last.receive('420["sum",1,2]');
    page.last.receive('421["later"]');
    page.last.receive('422["nothing"]');
    page.last.receive('423["unheard"]');
    await settled();
    expect(page.last.take()).toEqual(["430[3]", "431[1,2]", "432[]"]);
  });

  it("are not acknowledged over a later connection", async () => {
    const socket = await page.connected();
    let answer = (_value: number) => {};
    socket.on("ask", () => new Promise<number>((resolve) => (answer = resolve)));
    page.last.receive('420["ask"]');
    page.last.break();
    await page.nextAttempt();
    await page.accept({ sid: "b" });
    answer(1);
    await settled();
    expect(page.last.take()).toEqual([]);
  });
});

describe("a lost connection", () => {
  it("is told once, and the socket comes back", async () => {
    const socket = await page.connected();
    const told: unknown[] = [];
    socket.on("disconnect", (reason, error) => told.push([reason, error.code]));
    socket.on("connect", () => told.push("connect"));
    page.last.break();
    expect(told).toEqual([["transport close", "ERR_DISCONNECTED"]]);
    await page.nextAttempt();
    await page.accept({ sid: "b" });
    expect(told).toEqual([["transport close", "ERR_DISCONNECTED"], "connect"]);
    expect([socket.id, socket.error]).toEqual(["b", undefined]);
  });

  it("is recovered with the secret and the position of the last event", async () => {
    const socket = await page.connected({ auth: { token: "x" } }, { sid: "a", pid: "secret" });
    const heard: unknown[] = [];
    socket.on("said", (...values: unknown[]) => heard.push(values));
    page.last.receive('42["said","hello","abcdefgh.1z"]');
    page.last.receive('42["said",5,"abcdefgh.20"]');
    page.last.break();
    await page.nextAttempt();
    page.last.open();
    await settled();
    expect(page.last.take()).toEqual(['40{"token":"x","pid":"secret","offset":"abcdefgh.20"}']);
    page.last.receive('40{"sid":"a","pid":"secret"}');
    expect(socket.recovered).toBe(true);
    expect(heard).toEqual([["hello"], [5]]);
  });

  it("is not recovered where the server gives a new secret", async () => {
    const socket = await page.connected({}, { sid: "a", pid: "secret" });
    page.last.receive('42["said","abcdefgh.1"]');
    page.last.break();
    await page.nextAttempt();
    await page.accept({ sid: "b", pid: "other" });
    expect(socket.recovered).toBe(false);
    page.last.break();
    await page.nextAttempt();
    page.last.open();
    await settled();
    expect(page.last.take()).toEqual(['40{"pid":"other"}']);
  });

  it("is recovered from servers that send what was missed before they accept", async () => {
    const socket = await page.connected({}, { sid: "a", pid: "secret" });
    const heard = vi.fn();
    socket.on("said", heard);
    page.last.break();
    await page.nextAttempt();
    page.last.open();
    await settled();
    page.last.receive('42["said",1,"P0a1b2c"]');
    page.last.receive('40{"sid":"a","pid":"secret"}');
    expect(heard).toHaveBeenCalledWith(1, "P0a1b2c");
    page.last.break();
    await page.nextAttempt();
    page.last.open();
    await settled();
    expect(page.last.take()).toEqual(['40{"pid":"secret","offset":"P0a1b2c"}']);
  });

  it("leaves texts alone that end events of other namespaces", async () => {
    const socket = await page.connected();
    const heard = vi.fn();
    socket.on("visited", heard);
    page.last.receive('42["visited","mywebsite.com"]');
    expect(heard).toHaveBeenCalledWith("mywebsite.com");
  });
});

describe("a disconnect by the server", () => {
  it("closes the socket, with the reason and the code that the server gives", async () => {
    const socket = await page.connected();
    const told = vi.fn();
    socket.on("disconnect", told);
    page.last.receive('42["disconnect_reason",{"reason":"You were removed.","code":"banned","retry":false}]');
    page.last.receive("41");
    expect(told).toHaveBeenCalledWith("You were removed.", expect.objectContaining({ code: "banned" }));
    expect(socket.state).toBe("closed");
    expect(socket.error).toMatchObject({ code: "banned", message: "You were removed." });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(page.sockets).toHaveLength(1);
  });

  it("without a word closes it, too", async () => {
    const socket = await page.connected();
    page.last.receive("41");
    expect(socket.state).toBe("closed");
    expect(socket.error?.message).toBe("server namespace disconnect");
  });

  it("that asks for a return has it come back", async () => {
    const socket = await page.connected();
    page.last.receive('42["disconnect_reason",{"reason":"This server restarts","retry":true}]');
    page.last.break();
    expect(socket.state).toBe("resuming");
    expect(socket.error?.message).toBe("This server restarts");
    await page.nextAttempt();
    await page.accept();
    expect(socket.state).toBe("connected");
  });

  it("that wants no return ends it with the whole connection", async () => {
    const socket = await page.connected();
    page.last.receive('42["disconnect_reason",{"code":"ERR_X","retry":false}]');
    page.last.break();
    expect(socket.state).toBe("closed");
    expect(socket.error?.code).toBe("ERR_X");
  });

  it("can be followed by connect()", async () => {
    const socket = await page.connected();
    page.last.receive("41");
    socket.connect();
    await page.accept({ sid: "b" });
    expect([socket.state, socket.id, socket.error]).toEqual(["connected", "b", undefined]);
  });
});

describe("auth that expires", () => {
  it("is renewed over the same connection with the option renew", async () => {
    let token = 0;
    await page.connected({ auth: () => ({ token: ++token }), renew: "authenticate" });
    page.last.receive('42["auth_expiring",{"expiresAt":1}]');
    await settled();
    expect(page.last.take()).toEqual(['42["authenticate",{"token":2}]']);
    expect(page.sockets).toHaveLength(1);
  });

  it("can be renewed by the program", async () => {
    const socket = await page.connected({ auth: { token: "x" }, renew: "authenticate" });
    await socket.renew();
    expect(page.last.take()).toEqual(['42["authenticate",{"token":"x"}]']);
    const other = await page.connected({});
    await expect(other.renew()).rejects.toMatchObject({ code: "ERR_OPTION" });
  });
});

describe("leaving", () => {
  it("says goodbye, closes the connection and forgets the page", async () => {
    const socket = await page.connected({}, { sid: "a", pid: "secret" });
    socket.disconnect();
    expect(page.last.take()).toEqual(["41"]);
    expect(page.last.isClosedByClient).toBe(true);
    expect(page.listenerCount).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    socket.connect();
    page.last.open();
    await settled();
    expect(page.last.take()).toEqual(["40"]);
  });

  it("ends the attempts", async () => {
    const socket = page.connect();
    page.last.break();
    socket.disconnect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(page.sockets).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("within a listener ends everything there", async () => {
    const socket = page.connect();
    socket.emit("say");
    socket.on("connect", () => socket.disconnect());
    await page.accept();
    expect(socket.state).toBe("closed");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("and connecting in a listener opens one connection", async () => {
    const socket = await page.connected();
    socket.once("disconnect", () => socket.disconnect());
    socket.subscribe(() => socket.connect());
    page.last.break();
    await vi.advanceTimersByTimeAsync(20);
    expect(page.sockets).toHaveLength(2);
  });
});

describe("several namespaces", () => {
  it("share a connection, which closes with the last", async () => {
    const root = await page.connected();
    const chat = root.of("/chat", { auth: { room: 1 } });
    const heard = vi.fn();
    chat.on("said", heard);
    await settled();
    expect(page.last.take()).toEqual(['40/chat,{"room":1}']);
    page.last.receive('40/chat,{"sid":"c"}');
    page.last.receive('42/chat,["said",1]');
    page.last.receive('42["said",2]');
    chat.emit("say");
    expect(page.last.take()).toEqual(['42/chat,["say"]']);
    expect(heard.mock.calls).toEqual([[1]]);
    root.disconnect();
    expect(page.last.take()).toEqual(["41"]);
    expect([page.sockets.length, page.last.isClosedByClient, chat.state]).toEqual([1, false, "connected"]);
    chat.disconnect();
    expect(page.last.isClosedByClient).toBe(true);
  });

  it("come back together, and one may be refused alone", async () => {
    const root = await page.connected();
    const chat = root.of("/chat");
    await settled();
    page.last.receive('40/chat,{"sid":"c"}');
    page.last.break();
    expect([root.state, chat.state]).toEqual(["resuming", "resuming"]);
    await page.nextAttempt();
    page.last.open();
    await settled();
    expect(page.last.take()).toEqual(["40", "40/chat,"]);
    page.last.receive('44/chat,{"message":"no"}');
    page.last.receive('40{"sid":"a"}');
    expect([root.state, chat.state]).toEqual(["connected", "closed"]);
  });

  it("that are left before they are accepted are left then", async () => {
    const root = await page.connected();
    const chat = root.of("/chat");
    await settled();
    page.last.take();
    chat.disconnect();
    page.last.receive('40/chat,{"sid":"c"}');
    expect(page.last.take()).toEqual(["41/chat,"]);
  });

  it("may connect later", async () => {
    const root = await page.connected();
    const chat = root.of("/chat", { autoConnect: false });
    await settled();
    expect(page.last.take()).toEqual([]);
    expect(chat.state).toBe("closed");
  });
});

describe("users of a socket", () => {
  it("connect it, and the last one disconnects it a moment later", async () => {
    const socket = page.connect({ autoConnect: false });
    expect(page.sockets).toHaveLength(0);
    const ends = [socket.retain(), socket.retain()];
    expect(page.sockets).toHaveLength(1);
    ends[0]?.();
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(socket.state).toBe("connecting");
    ends[1]?.();
    await vi.advanceTimersByTimeAsync(500);
    expect(socket.state).toBe("connecting");
    await vi.advanceTimersByTimeAsync(600);
    expect(socket.state).toBe("closed");
  });

  it("that come and go at once, as in StrictMode, keep one connection", async () => {
    const socket = page.connect({ autoConnect: false });
    socket.retain()();
    socket.retain();
    await page.accept();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(page.sockets).toHaveLength(1);
    expect(socket.state).toBe("connected");
  });
});

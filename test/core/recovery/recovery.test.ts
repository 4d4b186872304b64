import { beforeEach, describe, expect, it } from "vitest";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { everyone } from "../site.ts";
import { client, type Guest, listen, RecoverableSite, to } from "./guest.ts";

let site: RecoverableSite;
beforeEach(() => {
  site = new RecoverableSite();
});

describe("a client of a recoverable namespace", () => {
  it("gets the acceptance, what it missed, and what comes after, in this order", () => {
    const guest = site.arrive();
    site.hub.broadcaster.emit(everyone, "news", 1, {});
    expect(listen(guest)).toEqual([["news", 1]]);
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "news", 2, {});
    site.hub.broadcaster.emit(everyone, "news", 3, {});
    let decide = () => {};
    site.handlers.onConnect = (socket, accept) => {
      site.hub.broadcaster.reply(socket, "welcome", undefined, {});
      decide = accept;
    };
    const { sid, pid } = guest;
    guest.peer = site.peer();
    guest.peer.say(JSON.stringify({ pid, offset: guest.offset }).replace(/^/, "40"));
    site.hub.broadcaster.emit(everyone, "news", 4, {});
    expect(guest.peer.heard()).toEqual([]);
    decide();
    site.hub.broadcaster.emit(everyone, "news", 5, {});
    expect(listen(guest)).toEqual([
      `40{"sid":"SID","pid":"${pid}"}`,
      ...[["news", 2], ["news", 3], ["welcome"], ["news", 4], ["news", 5]],
    ]);
    expect(site.hub.namespaces.find("/", sid)?.recovered).toBe(true);
  });

  it("is brought back when it has received no event before", () => {
    const guest = site.arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "news", 1, {});
    const { sid, pid } = guest;
    expect(site.comeBack(guest)).toEqual([["news", 1]]);
    expect(guest).toMatchObject({ sid, pid });
  });

  it("is brought back again and again", () => {
    const guest = site.arrive();
    const { sid } = guest;
    for (let round = 0; round < 5; round += 1) {
      guest.peer.drop();
      site.hub.broadcaster.emit(everyone, "news", round, {});
      expect(site.comeBack(guest)).toEqual([["news", round]]);
      site.hub.broadcaster.emit(to(sid), "direct", round, {});
      expect(listen(guest)).toEqual([["direct", round]]);
    }
    expect(guest.sid).toBe(sid);
  });

  it("finds its rooms again, and gets what was sent there once, though it is in several", () => {
    const guest = site.arrive();
    site.hub.operations.join(client(guest), "red");
    site.hub.operations.join(client(guest), "blue");
    guest.peer.drop();
    site.hub.broadcaster.emit(to("red"), "e", "red", {});
    site.hub.broadcaster.emit(to("blue", "red"), "e", "both", {});
    site.hub.broadcaster.emit(to("green"), "e", "green", {});
    site.hub.broadcaster.emit(to(guest.sid), "e", "direct", {});
    site.hub.broadcaster.emit(to("blue"), "e", "blue", {});
    expect(site.comeBack(guest)).toEqual([
      ["e", "red"],
      ["e", "both"],
      ["e", "direct"],
      ["e", "blue"],
    ]);
    expect([...guest.socket.rooms]).toEqual(["red", "blue"]);
    site.hub.broadcaster.emit(to("red"), "e", "live", {});
    expect(listen(guest)).toEqual([["e", "live"]]);
  });

  it("gets nothing that was sent to a room before it came there, or after it left", () => {
    const other = site.arrive();
    site.hub.operations.join(client(other), "red");
    const guest = site.arrive();
    site.hub.broadcaster.emit(to("red"), "e", "before", {});
    site.hub.operations.join(client(guest), "red");
    site.hub.broadcaster.emit(to("red"), "e", "within", {});
    site.hub.operations.leave(client(guest), "red");
    site.hub.broadcaster.emit(to("red"), "e", "between", {});
    site.hub.operations.join(client(guest), "red");
    site.hub.broadcaster.emit(to("red"), "e", "within again", {});
    // The client got none of it: its connection was dead already.
    guest.peer.drop();
    expect(site.comeBack(guest)).toEqual([
      ["e", "within"],
      ["e", "within again"],
    ]);
  });

  it("is put into a room by a handler that goes on while it is away", () => {
    const guest = site.arrive();
    const before = guest.socket;
    guest.peer.drop();
    site.hub.operations.join(client(before), "red");
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    site.hub.broadcaster.reply(before, "answer", undefined, {});
    expect(site.comeBack(guest)).toEqual([["e", 1], ["answer"]]);
    site.hub.operations.join(client(before), "blue");
    expect([...guest.socket.rooms]).toEqual(["red", "blue"]);
    site.hub.broadcaster.reply(before, "late", undefined, {});
    expect(listen(guest)).toEqual([["late"]]);
  });

  it("does not get what it was left out of", () => {
    const guest = site.arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit({ ...everyone, skip: [guest.sid] }, "e", 1, {});
    site.hub.broadcaster.emit({ ...everyone, skip: ["another"] }, "e", 2, {});
    expect(site.comeBack(guest)).toEqual([["e", 2]]);
  });

  it("does not get volatile events, and those that ask for an acknowledgement, a second time", () => {
    const guest = site.arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "volatile", undefined, { volatile: true });
    site.hub.broadcaster.emit(everyone, "question", undefined, { callback: () => {} });
    site.hub.broadcaster.emit(everyone, "kept", undefined, {});
    expect(site.comeBack(guest)).toEqual([["kept"]]);
  });

  it("finds an offset behind every event but those that ask for an acknowledgement", () => {
    const guest = site.arrive();
    site.hub.broadcaster.emit(everyone, "kept", "text", {});
    site.hub.broadcaster.reply(guest.socket, "reply", undefined, {});
    site.hub.broadcaster.emit(everyone, "volatile", "hello", { volatile: true });
    site.hub.broadcaster.reply(guest.socket, "volatile reply", undefined, { volatile: true });
    expect(listen(guest)).toEqual([["kept", "text"], ["reply"], ["volatile", "hello"], ["volatile reply"]]);
    site.hub.broadcaster.emit(everyone, "question", "why", { callback: () => {} });
    expect(guest.peer.heard()).toEqual(['421["question","why"]']);
    // The volatile event's offset counts like any other.
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "next", undefined, {});
    expect(site.comeBack(guest)).toEqual([["next"]]);
  });

  it("gets binary data again", () => {
    const guest = site.arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "bytes", Buffer.from("abc"), {});
    guest.peer = site.peer();
    guest.peer.say(`40{"pid":"${guest.pid}"}`);
    expect(guest.peer.heard().slice(1)).toEqual([
      expect.stringMatching(/^451-\["bytes",\{"_placeholder":true,"num":0\},"[\w-]{8}\.1"\]$/),
      Buffer.from("abc"),
    ]);
  });
});

describe("a namespace that is not recoverable", () => {
  it("gives no pid, adds nothing to events, and leaves what clients send alone", () => {
    site.hub.broadcaster.emit(everyoneIn("/chat"), "e", 1, {});
    const peer = site.peer();
    peer.say('40/chat,{"pid":"abcdefghijklmnopqrst","offset":"x"}');
    site.hub.broadcaster.emit(everyoneIn("/chat"), "e", 1, {});
    expect(peer.heard()).toEqual(['40/chat,{"sid":"SID"}', '42/chat,["e",1]']);
    expect([...(site.namespace("/chat")?.sockets() ?? [])][0]?.auth).toEqual({
      pid: "abcdefghijklmnopqrst",
      offset: "x",
    });
    peer.drop();
    expect(site.namespace("/chat")).toBeUndefined();
  });
});

describe("the memory of a namespace", () => {
  it("encodes an event once for all clients, here or returning", () => {
    const guests = [site.arrive(), site.arrive(), site.arrive()];
    let encodings = 0;
    const data = {
      toJSON() {
        encodings += 1;
        return "data";
      },
    };
    site.hub.broadcaster.emit(everyoneIn("/chat"), "e", data, {});
    const once = encodings;
    guests[0]?.peer.drop();
    guests[1]?.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", data, {});
    for (const guest of guests.slice(0, 2)) expect(site.comeBack(guest)).toEqual([["e", "data"]]);
    expect(listen(guests[2] as Guest)).toEqual([["e", "data"]]);
    expect(encodings).toBe(2 * once);
  });

  it("has no gap where an event could not be sent", () => {
    const guest = site.arrive();
    guest.peer.drop();
    expect(() => site.hub.broadcaster.emit(everyone, "e", 1n, {})).toThrow(
      expect.objectContaining({ code: "ERR_PAYLOAD" }),
    );
    expect(() => site.hub.broadcaster.emit(everyone, "connect", 1, {})).toThrow(
      expect.objectContaining({ code: "ERR_EVENT_NAME" }),
    );
    site.hub.broadcaster.emit(everyone, "e", 2, {});
    expect(site.comeBack(guest)).toEqual([["e", 2]]);
  });
});

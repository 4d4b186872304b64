import { beforeEach, describe, expect, it } from "vitest";
import { clientIn } from "../../../src/core/model/target.ts";
import { everyone } from "../site.ts";
import { client, type Guest, RecoverableSite, to } from "./guest.ts";

let site: RecoverableSite;
beforeEach(() => {
  site = new RecoverableSite();
});

describe("a client that is away", () => {
  it("is taken out of a room that is closed while it is away, and gets what was sent there before", () => {
    const guest = site.arrive();
    site.hub.operations.join(client(guest), "red");
    guest.peer.drop();
    site.hub.broadcaster.emit(to("red"), "over", undefined, {});
    site.hub.operations.closeRoom("/", "red");
    site.hub.broadcaster.emit(to("red"), "afterwards", undefined, {});
    expect(site.comeBack(guest)).toEqual([["over"]]);
    expect(guest.socket.rooms.size).toBe(0);
  });

  it("is reached by operations while it is away", () => {
    const guests = [site.arrive(), site.arrive(), site.arrive()] as const;
    for (const guest of guests) site.hub.operations.join(client(guest), "red");
    for (const guest of guests) guest.peer.drop();
    const [first, second, third] = guests;
    site.hub.operations.leave({ ...everyone, skip: [first.sid] }, "red");
    site.hub.operations.join(to("red", second.sid), "blue");
    site.hub.operations.disconnect(to(third.sid), false);
    site.hub.broadcaster.emit(to("blue"), "e", 1, {});
    expect(site.lost.map(({ sid }) => sid)).toEqual([third.sid]);
    expect(guests.map((guest) => site.comeBack(guest))).toEqual([[["e", 1]], [["e", 1]], []]);
    expect(guests.map(({ socket }) => [...socket.rooms])).toEqual([["red", "blue"], ["blue"], []]);
  });

  it("is no member of its rooms to those that watch them, whether it comes back or not", () => {
    const watched: string[] = [];
    site.hub.namespaces.watchRooms({
      onRoomOpen: (_namespace, room) => void watched.push(`${room} opens`),
      onRoomEmpty: (_namespace, room) => void watched.push(`${room} is empty`),
    });
    const [first, second, third] = [site.arrive(), site.arrive(), site.arrive()] as const;
    for (const guest of [first, second]) site.hub.operations.join(client(guest), "red");
    first.peer.drop();
    second.peer.drop();
    expect(watched).toEqual(["red opens", "red is empty"]);
    site.comeBack(first);
    // The time of the one that stays away ends, while the other one is here.
    site.hub.operations.disconnect(client(second), false);
    expect(site.lost.map(({ sid }) => sid)).toEqual([second.sid]);
    expect(watched).toEqual(["red opens", "red is empty", "red opens"]);
    third.peer.drop();
    first.peer.drop();
    expect(watched.slice(3)).toEqual(["red is empty"]);
  });

  it("may still return when the server asks clients that are away to reconnect", () => {
    const guest = site.arrive();
    guest.peer.drop();
    site.hub.operations.disconnect(everyone, true, { retry: true });
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    expect(site.comeBack(guest)).toEqual([["e", 1]]);
    expect(site.lost).toEqual([]);
  });

  it("finds its session when it comes back because the server asked it to", () => {
    const guest = site.arrive();
    site.hub.operations.join(client(guest), "red");
    site.hub.operations.disconnect(client(guest), false, { reason: "moving", retry: true });
    expect(guest.peer.heard()).toEqual(['42["disconnect_reason",{"reason":"moving","retry":true}]']);
    expect(guest.peer.endings).not.toEqual([]);
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    expect(site.comeBack(guest)).toEqual([["e", 1]]);
    expect([...guest.socket.rooms]).toEqual(["red"]);
    expect(site.lost).toEqual([]);
  });

  it("finds its session when it was asked to come back by way of another namespace", () => {
    const guest = site.arrive();
    const other = guest.peer.join("/chat");
    site.hub.operations.disconnect(clientIn("/chat", other.sid), false, { retry: true });
    guest.peer.heard();
    expect(guest.peer.endings).not.toEqual([]);
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    expect(site.comeBack(guest)).toEqual([["e", 1]]);
  });
});

describe("a client that cannot return", () => {
  it.each([
    ["it left by itself", (guest: Guest) => guest.peer.say("41")],
    ["the application disconnected it", (guest: Guest) => guest.socket.disconnect()],
    ["the application ended its connection", (guest: Guest) => guest.socket.client.closeConnection()],
  ])("has left for good: %s", (_, leave) => {
    const guest = site.arrive();
    const { pid, sid } = guest;
    leave(guest);
    site.comeBack(guest);
    expect(guest.pid).not.toBe(pid);
    expect(guest.sid).not.toBe(sid);
    // The `disconnect` handler has already reported this client.
    expect(site.lost).toEqual([]);
  });

  it("was away too long; the application is told", () => {
    const guest = site.arrive();
    const { pid, sid } = guest;
    site.hub.operations.join(client(guest), "red");
    guest.peer.drop();
    site.clock.advance(59_000);
    expect(site.lost).toEqual([]);
    site.clock.advance(3_000);
    expect(site.lost).toEqual([{ sid, namespace: "/", rooms: ["red"] }]);
    expect(site.comeBack(guest)).toEqual([]);
    expect(guest.pid).not.toBe(pid);
    expect(guest.socket.rooms.size).toBe(0);
    guest.peer.say("41");
    site.clock.advance(200_000);
    expect(site.lost).toHaveLength(1);
  });

  it("misses more than is kept, and gets nothing of it", () => {
    site = new RecoverableSite({ maxEvents: 3 });
    const guest = site.arrive();
    const { sid, pid } = guest;
    site.hub.operations.join(client(guest), "red");
    guest.peer.drop();
    for (let number = 1; number <= 3; number += 1) site.hub.broadcaster.emit(to("red"), "e", number, {});
    expect(site.comeBack(guest)).toHaveLength(3);
    guest.peer.drop();
    for (let number = 1; number <= 4; number += 1) site.hub.broadcaster.emit(to("red"), "e", number, {});
    expect(site.comeBack(guest)).toEqual([]);
    expect(guest.pid).not.toBe(pid);
    expect(guest.sid).not.toBe(sid);
    expect(guest.socket.rooms.size).toBe(0);
    expect(site.lost).toEqual([{ sid, namespace: "/", rooms: ["red"] }]);
  });

  it("misses more bytes than are kept", () => {
    site = new RecoverableSite({ maxBytes: 10_000 });
    const guest = site.arrive();
    const { pid } = guest;
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", "x".repeat(4000), {});
    expect(site.comeBack(guest)).toHaveLength(1);
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", "x".repeat(5000), {});
    site.comeBack(guest);
    expect(guest.pid).not.toBe(pid);
  });

  it("was away too long for an event that is too old by now", () => {
    site = new RecoverableSite({ retention: 1000 });
    const guest = site.arrive();
    const { pid } = guest;
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.clock.advance(900);
    expect(site.comeBack(guest)).toHaveLength(1);
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.clock.advance(1100);
    site.comeBack(guest);
    expect(guest.pid).not.toBe(pid);
  });

  it("is not disturbed by what others miss", () => {
    site = new RecoverableSite({ maxEvents: 5 });
    const guest = site.arrive();
    const other = site.arrive();
    site.hub.operations.join(client(guest), "quiet");
    site.hub.operations.join(client(other), "loud");
    guest.peer.drop();
    for (let number = 1; number <= 50; number += 1) site.hub.broadcaster.emit(to("loud"), "e", number, {});
    site.hub.broadcaster.emit(to("quiet"), "e", "quiet", {});
    expect(site.comeBack(guest)).toEqual([["e", "quiet"]]);
  });

  it("was one too many to be waited for", () => {
    site = new RecoverableSite({ maxSessions: 2 });
    const guests = [site.arrive(), site.arrive(), site.arrive()];
    const pids = guests.map(({ pid }) => pid);
    for (const guest of guests) guest.peer.drop();
    for (const guest of guests) site.comeBack(guest);
    expect(guests.map(({ pid }) => pids.includes(pid))).toEqual([false, true, true]);
  });

  it.each([
    [
      "its public data",
      (guest: Guest) => {
        guest.socket.publicData.note = "x".repeat(20_000);
      },
    ],
    [
      "its rooms",
      (guest: Guest) => {
        for (let room = 0; room < 180; room += 1) site.hub.operations.join(client(guest), `room ${room}`);
      },
    ],
  ])("took too much memory with %s to be waited for beside those that came later", (_what, fill) => {
    site = new RecoverableSite({ maxSessionBytes: 100_000 });
    const guests = [site.arrive(), site.arrive(), site.arrive()];
    const pids = guests.map(({ pid }) => pid);
    for (const guest of guests) fill(guest);
    for (const guest of guests) guest.peer.drop();
    for (const guest of guests) site.comeBack(guest);
    expect(guests.map(({ pid }) => pids.includes(pid))).toEqual([false, true, true]);
  });

  it("is waited for again and again in the same memory", () => {
    site = new RecoverableSite({ maxSessionBytes: 100_000 });
    const guest = site.arrive();
    const { pid } = guest;
    guest.socket.publicData.note = "x".repeat(20_000);
    for (let round = 0; round < 20; round += 1) {
      guest.peer.drop();
      site.comeBack(guest);
    }
    expect(guest.pid).toBe(pid);
  });

  it("was not let in: it may try again, and has no more time for that", () => {
    const guest = site.arrive();
    const { pid, sid } = guest;
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.clock.advance(30_000);
    site.handlers.onConnect = (_socket, decide) => decide({ message: "no" });
    const refused = site.peer();
    refused.say(`40{"pid":"${pid}"}`);
    expect(refused.heard()).toEqual(['44{"message":"no"}']);
    expect(site.handlers.disconnects).toHaveLength(1);
    site.handlers.onConnect = (_socket, decide) => decide();
    expect(site.comeBack(guest)).toEqual([["e", 1]]);
    expect(guest).toMatchObject({ pid, sid });
    guest.peer.drop();
    site.handlers.onConnect = (_socket, decide) => decide({ message: "no" });
    site.clock.advance(50_000);
    site.peer().say(`40{"pid":"${pid}"}`);
    site.clock.advance(12_000);
    expect(site.lost).toHaveLength(1);
  });

  it("left while the connect handler ran, before or after its time was over", () => {
    const guest = site.arrive();
    const { pid } = guest;
    guest.peer.drop();
    site.handlers.onConnect = () => {};
    const first = site.peer();
    first.say(`40{"pid":"${pid}"}`);
    first.drop();
    site.clock.advance(50_000);
    const second = site.peer();
    second.say(`40{"pid":"${pid}"}`);
    site.clock.advance(20_000);
    expect(site.lost).toEqual([]);
    second.drop();
    expect(site.lost).toHaveLength(1);
    expect([...site.hub.namespaces.all()]).toEqual([]);
  });

  it("was never accepted", () => {
    site.handlers.onConnect = () => {};
    const peer = site.peer();
    peer.say("40");
    peer.drop();
    expect([...site.hub.namespaces.all()]).toEqual([]);
    site.clock.advance(100_000);
    expect(site.lost).toEqual([]);
  });
});

describe("the memory of a namespace", () => {
  it("is empty when no client can return, and no timer is left", () => {
    const idle = site.clock.timerCount;
    const guest = site.arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    expect([...site.hub.namespaces.all()]).toHaveLength(1);
    site.clock.advance(200_000);
    expect([...site.hub.namespaces.all()]).toEqual([]);
    expect(site.clock.timerCount).toBe(idle);
  });

  it("is empty as soon as the last client has left by itself, also of events just sent", () => {
    const idle = site.clock.timerCount;
    const guest = site.arrive();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    guest.peer.say("41");
    expect([...site.hub.namespaces.all()]).toEqual([]);
    guest.peer.drop();
    expect(site.clock.timerCount).toBe(idle);
  });

  it("is empty when the server has stopped, however long clients could be away, and none is reported as lost", () => {
    const idle = site.clock.timerCount;
    for (const guest of [site.arrive(), site.arrive()]) guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.hub.namespaces.close();
    expect([...site.hub.namespaces.all()]).toEqual([]);
    expect([site.clock.timerCount, site.lost]).toEqual([idle, []]);
  });
});

import { describe, expect, it } from "vitest";
import { generateSid, sidGenerator } from "../../../src/core/model/sid.ts";
import { Rooms } from "../../../src/core/socket/rooms.ts";
import { acceptedSocket } from "../lone-socket.ts";

function membersOf(rooms: Rooms, room: string): string[] {
  return [...(rooms.members(room) ?? [])].map((socket) => socket.sid);
}

/** A socket that leaves its rooms when it is closed, as with a real client. */
function memberOf(rooms: Rooms, sid: string) {
  const { socket, client } = acceptedSocket(sid);
  client.onClose = () => rooms.forget(socket);
  return socket;
}

describe("Rooms", () => {
  it("begin with their first member and end with their last", () => {
    const rooms = new Rooms();
    const ada = memberOf(rooms, "ada");
    const bob = memberOf(rooms, "bob");
    expect(rooms.members("kitchen")).toBeUndefined();

    rooms.join(ada, "kitchen");
    rooms.join(bob, "kitchen");
    expect(membersOf(rooms, "kitchen")).toEqual(["ada", "bob"]);
    expect(rooms.size).toBe(1);

    rooms.leave(ada, "kitchen");
    expect(membersOf(rooms, "kitchen")).toEqual(["bob"]);
    rooms.leave(bob, "kitchen");
    expect(rooms.members("kitchen")).toBeUndefined();
    expect(rooms.size).toBe(0);
  });

  it("tell a watcher of each member, and which is the first and the last", () => {
    const rooms = new Rooms();
    const told: unknown[] = [];
    rooms.memberWatcher = {
      onJoin: (...values) => told.push(["join", ...values]),
      onLeave: (...values) => told.push(["leave", ...values]),
    };
    const ada = memberOf(rooms, "ada");
    const bob = memberOf(rooms, "bob");
    rooms.join(ada, "kitchen");
    rooms.join(bob, "kitchen");
    rooms.join(bob, "kitchen");
    rooms.leave(ada, "kitchen");
    rooms.leave(ada, "kitchen");
    rooms.join(ada, "kitchen");
    bob.close("transport close");
    rooms.close("kitchen");
    expect(told).toEqual([
      ["join", "kitchen", "ada", true],
      ["join", "kitchen", "bob", false],
      ["leave", "kitchen", "ada", false],
      ["join", "kitchen", "ada", false],
      ["leave", "kitchen", "bob", false],
      ["leave", "kitchen", "ada", true],
    ]);
  });

  it("say whether joining and leaving changed anything", () => {
    const rooms = new Rooms();
    const ada = memberOf(rooms, "ada");
    expect([rooms.join(ada, "kitchen"), rooms.join(ada, "kitchen")]).toEqual([true, false]);
    expect([rooms.leave(ada, "kitchen"), rooms.leave(ada, "kitchen")]).toEqual([true, false]);
    expect(rooms.leave(ada, "cellar")).toBe(false);
  });

  it("are known to their members in the order of joining", () => {
    const rooms = new Rooms();
    const ada = memberOf(rooms, "ada");
    for (const room of ["kitchen", "cellar", "attic"]) rooms.join(ada, room);
    rooms.leave(ada, "cellar");
    expect([...ada.rooms]).toEqual(["kitchen", "attic"]);
  });

  it("do not hold a socket's own room, which it is always in", () => {
    const rooms = new Rooms();
    const ada = memberOf(rooms, generateSid());
    expect(rooms.join(ada, ada.sid)).toBe(false);
    expect(rooms.leave(ada, ada.sid)).toBe(false);
    expect([...ada.rooms]).toEqual([]);
    expect(rooms.size).toBe(0);
  });

  it("take no other client into the room of a sid, whether its client is there or not", () => {
    const rooms = new Rooms();
    const [ada, bob] = [memberOf(rooms, generateSid()), memberOf(rooms, generateSid())];
    for (const room of [ada.sid, generateSid(), sidGenerator("elsewhere")()]) {
      expect(rooms.join(bob, room)).toBe(false);
    }
    expect([...bob.rooms]).toEqual([]);
    expect(rooms.size).toBe(0);
  });

  it("are emptied by closing them, and can begin again", () => {
    const rooms = new Rooms();
    const [ada, bob] = [memberOf(rooms, "ada"), memberOf(rooms, "bob")];
    for (const socket of [ada, bob]) rooms.join(socket, "kitchen");
    rooms.join(ada, "attic");

    expect([...rooms.close("kitchen")]).toEqual([ada, bob]);
    expect([[...ada.rooms], [...bob.rooms]]).toEqual([["attic"], []]);
    expect(rooms.size).toBe(1);
    expect([...rooms.close("kitchen")]).toEqual([]);

    rooms.join(bob, "kitchen");
    expect(membersOf(rooms, "kitchen")).toEqual(["bob"]);
  });

  it("let a closed socket go, which can still tell where it was", () => {
    const rooms = new Rooms();
    const ada = memberOf(rooms, "ada");
    rooms.join(ada, "kitchen");
    rooms.join(ada, "attic");
    ada.close("transport close");
    expect(rooms.size).toBe(0);
    expect([...ada.rooms]).toEqual(["kitchen", "attic"]);
  });

  it("refuse a socket that was closed", () => {
    const rooms = new Rooms();
    const ada = memberOf(rooms, "ada");
    ada.close("transport close");
    expect(rooms.join(ada, "kitchen")).toBe(false);
    expect(rooms.leave(ada, "kitchen")).toBe(false);
    expect(rooms.size).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { MembershipHistory } from "../../../src/core/recovery/membership-history.ts";

function inRooms(...rooms: string[]): MembershipHistory {
  const where = new MembershipHistory("sid");
  where.begin(1);
  for (const [index, room] of rooms.entries()) where.join(room)(index + 2);
  return where;
}

describe("what has changed of a client's rooms", () => {
  it("is each room that it has joined or left since that was last taken", () => {
    const where = inRooms("red", "blue");
    expect(where.takeChanges()).toEqual({
      set: [
        ["red", 2, 1],
        ["blue", 3, 2],
      ],
      ended: [],
    });
    expect(where.takeChanges()).toEqual({ set: [], ended: [] });
    where.join("green")(7);
    where.leave("red")(8);
    expect(where.takeChanges()).toEqual({ set: [["green", 7, 3]], ended: ["red"] });
    expect(where.stays()).toEqual([
      ["blue", 3, 2],
      ["green", 7, 3],
    ]);
  });

  it("is nothing for a room of another client that is forgotten before it was taken", () => {
    const where = inRooms("red");
    where.takeChanges();
    const other = new MembershipHistory("draft");
    other.begin(4);
    where.absorb(other);
    where.forget("draft");
    expect(where.takeChanges()).toEqual({ set: [], ended: [] });
    where.absorb(other);
    expect(where.takeChanges().set).toEqual([["draft", 4, 3]]);
    where.forget("draft");
    expect(where.takeChanges()).toEqual({ set: [], ended: ["draft"] });
  });

  it("is the last of several changes of mind", () => {
    const where = inRooms("red");
    where.takeChanges();
    where.leave("red")(5);
    where.join("red")(6);
    where.join("blue")(6);
    where.leave("blue")(7);
    expect(where.takeChanges()).toEqual({ set: [["red", 6, 2]], ended: ["blue"] });
  });

  it("is taken again when it was given back, with what came in the meantime", () => {
    const where = inRooms("red", "blue");
    where.leave("red")(5);
    const taken = where.takeChanges();
    where.join("green")(6);
    where.leave("blue")(7);
    where.giveBack(taken);
    const { set, ended } = where.takeChanges();
    expect([set, ended.toSorted()]).toEqual([[["green", 6, 3]], ["blue", "red"]]);
  });

  it("is nothing where it was read from a broker, which may tell the rooms in any order", () => {
    const where = inRooms("red", "blue");
    // No event was sent after it joined the room before.
    where.join("green")(3);
    const copy = MembershipHistory.from("sid", where.toJSON(), where.stays().reverse());
    expect(copy.rooms).toEqual(["red", "blue", "green"]);
    expect(copy.takeChanges()).toEqual({ set: [], ended: [] });
    expect(copy.toJSON()).toEqual(where.toJSON());
  });
});

import { describe, expect, it } from "vitest";
import { clientIn, everyoneIn } from "../../src/core/model/target.ts";
import { RoomNames } from "../../src/core/room-names.ts";
import { only, Site } from "./site.ts";

/** Rules that allow 10 characters, with a record of what they count. */
function rules() {
  const counted: unknown[] = [];
  const listener = {
    onLimit: (client: { number: number } | null, namespace: string, limit: string) =>
      void counted.push([client?.number, namespace, limit]),
  };
  const clients = {
    find: (_namespace: string, sid: string | null) =>
      sid === "known" ? { client: { number: 7 } } : undefined,
  };
  return { names: new RoomNames(listener, clients, 10), counted };
}

describe("RoomNames", () => {
  it.each([[""], [undefined], [null], [7], [{}], [Object.create(null)]])("refuse the name %j", (name) => {
    const site = new Site();
    const socket = site.peer().join();
    expect(() => site.hub.operations.join(only(socket), name as string)).toThrow(
      expect.objectContaining({ code: "ERR_ROOM" }),
    );
  });

  it("take a name of the greatest length, and count one that is longer for the client that it was for", () => {
    const { names, counted } = rules();
    names.check(clientIn("/", "known"), "0123456789");
    expect(counted).toEqual([]);
    for (const target of [clientIn("/", "known"), everyoneIn("/chat")]) {
      expect(() => names.check(target, "0123456789a")).toThrow(
        expect.objectContaining({ code: "ERR_LIMIT", message: expect.stringContaining("11 characters") }),
      );
    }
    expect(counted).toEqual([
      [7, "/", "maxRoomLength"],
      [undefined, "/chat", "maxRoomLength"],
    ]);
  });

  it("refuse half of a surrogate pair, in rooms and sids of a target as well", () => {
    const { names, counted } = rules();
    const refused = expect.objectContaining({ code: "ERR_ROOM" });
    expect(() => names.check(everyoneIn("/"), "a\ud83d")).toThrow(refused);
    expect(() => names.checkTarget({ ...everyoneIn("/"), rooms: ["a", "\ude00"] })).toThrow(refused);
    expect(() => names.checkTarget(clientIn("/", "\ude00"))).toThrow(refused);
    names.checkTarget({ ...everyoneIn("/"), rooms: ["a", "\ud83d\ude00"] });
    expect(counted).toEqual([]);
  });
});

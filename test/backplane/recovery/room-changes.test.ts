import { beforeEach, describe, expect, it } from "vitest";
import { RoomChanges } from "../../../src/backplane/recovery/room-changes.ts";
import { SessionState } from "../../../src/backplane/recovery/session-state.ts";
import type { StreamEvent } from "../../../src/backplane/stream/stream-event.ts";
import { MembershipHistory } from "../../../src/core/recovery/membership-history.ts";
import type { RecoverySession } from "../../../src/core/recovery/recovery-log.ts";
import { eventFor } from "../../support/stream-node.ts";

type Client = SessionState<RecoverySession>;

let changes: RoomChanges<RecoverySession>;
beforeEach(() => {
  changes = new RoomChanges();
});

function client(sid: string, ...rooms: string[]): Client {
  const where = new MembershipHistory(sid);
  where.begin(0);
  for (const room of rooms) where.join(room)(0);
  const state = new SessionState({ pid: `pid of ${sid}`, sid }, where, 1, true);
  state.isHere = true;
  return state;
}

/** A client joins or leaves a room while events up to one are on their way. */
function move(moved: Client, room: string, isJoin: boolean, after: number): void {
  moved.where[isJoin ? "join" : "leave"](room)(after);
  changes.add(moved, room, isJoin, after);
}

/** The event that this node has sent as its `id`th. */
function event(
  id: number,
  rooms: readonly string[] | null,
  skip: readonly string[] | null = null,
): StreamEvent {
  const sent = eventFor(rooms, id);
  return { ...sent, target: { ...sent.target, skip }, offset: id, origin: "one", id };
}

function exceptions(of: StreamEvent) {
  const { without, also } = changes.exceptions(of);
  return { without, also: also.map(({ sid }) => sid) };
}

const none = { without: [], also: [] };

describe("a client that joins a room", () => {
  it("gets later events there and no earlier ones", () => {
    const joining = client("sid");
    move(joining, "red", true, 2);
    for (const id of [1, 2]) expect(exceptions(event(id, ["red"]))).toEqual({ without: ["sid"], also: [] });
    expect(exceptions(event(3, ["red"]))).toEqual(none);
    expect(changes.isEmpty).toBe(true);
  });

  it("gets earlier events for another room of it, or for everybody", () => {
    const joining = client("sid", "blue");
    move(joining, "red", true, 5);
    expect(exceptions(event(1, ["red", "blue"]))).toEqual(none);
    expect(exceptions(event(2, null))).toEqual(none);
    expect(exceptions(event(3, ["sid"]))).toEqual(none);
  });
});

describe("a client that leaves a room", () => {
  it("still gets what was sent there before", () => {
    const leaving = client("sid", "red");
    move(leaving, "red", false, 2);
    for (const id of [1, 2]) expect(exceptions(event(id, ["red"]))).toEqual({ without: [], also: ["sid"] });
    expect(exceptions(event(3, ["red"]))).toEqual(none);
  });

  it("gets nothing that leaves it out, or that comes by another room of it", () => {
    const leaving = client("sid", "red", "blue");
    move(leaving, "red", false, 2);
    expect(exceptions(event(1, ["red"], ["sid"]))).toEqual(none);
    expect(exceptions(event(2, ["red", "blue"]))).toEqual(none);
  });

  it("gets nothing here once it is away: it finds that when it comes back", () => {
    const leaving = client("sid", "red");
    move(leaving, "red", false, 2);
    leaving.isHere = false;
    expect(exceptions(event(1, ["red"]))).toEqual(none);
  });
});

describe("an event that leaves out a room", () => {
  it("is for a client that joins it later, and not for one that leaves it later", () => {
    const [joining, leaving] = [client("joining"), client("leaving", "red")];
    move(joining, "red", true, 2);
    move(leaving, "red", false, 2);
    expect(exceptions(event(1, null, ["red"]))).toEqual({ without: ["leaving"], also: ["joining"] });
    expect(exceptions(event(2, ["joining", "leaving"], ["red"]))).toEqual({
      without: ["leaving"],
      also: ["joining"],
    });
    expect(exceptions(event(3, null, ["red"]))).toEqual(none);
  });
});

describe("a client that comes and goes", () => {
  it("gets exactly what was sent while it was in the room", () => {
    const moving = client("sid");
    move(moving, "red", true, 1);
    move(moving, "red", false, 3);
    move(moving, "red", true, 5);
    const got = [1, 2, 3, 4, 5, 6].map((id) => exceptions(event(id, ["red"])));
    // It is in the room now, so `without` means that it does not get the event.
    expect(got.map(({ without }) => without.length === 0)).toEqual([false, true, true, false, false, true]);
    expect(got.every(({ also }) => also.length === 0)).toBe(true);
  });

  it("gets an event for two of its former rooms once", () => {
    const leaving = client("sid", "red", "blue");
    move(leaving, "red", false, 2);
    move(leaving, "blue", false, 2);
    expect(exceptions(event(1, ["red", "blue"]))).toEqual({ without: [], also: ["sid"] });
  });

  it("does not change what other clients get", () => {
    const [moving, staying] = [client("moving"), client("staying", "red")];
    move(moving, "red", true, 2);
    expect(exceptions(event(1, ["red"]))).toEqual({ without: ["moving"], also: [] });
    expect(changes.concerns(event(1, ["red"]), staying)).toBe(true);
  });
});

describe("an event on its way", () => {
  it("is for the clients that were in its rooms when it was sent", () => {
    const [joining, leaving] = [client("joining"), client("leaving", "red")];
    move(joining, "red", true, 2);
    move(leaving, "red", false, 2);
    expect([2, 3].map((id) => changes.concerns(event(id, ["red"]), joining))).toEqual([false, true]);
    expect([2, 3].map((id) => changes.concerns(event(id, ["red"]), leaving))).toEqual([true, false]);
  });

  it("is for one client by its sid, for all without rooms, and never for one that it leaves out", () => {
    const one = client("sid", "red");
    const sent = event(1, null);
    const only = (sid: string) => ({ id: 1, target: { ...sent.target, sid } });
    expect(changes.concerns(only("sid"), one)).toBe(true);
    expect(changes.concerns(only("other"), one)).toBe(false);
    expect(changes.concerns(sent, one)).toBe(true);
    expect(changes.concerns(event(1, ["sid"]), one)).toBe(true);
    expect(changes.concerns(event(1, ["red"], ["sid"]), one)).toBe(false);
  });
});

it("forgets all changes when the events on their way will not come", () => {
  move(client("sid"), "red", true, 2);
  changes.clear();
  expect(changes.isEmpty).toBe(true);
  expect(exceptions(event(1, ["red"]))).toEqual(none);
});

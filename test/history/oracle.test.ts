import { describe, expect, it } from "vitest";
import { type Entry, everybody, type History, namespaces } from "./history.ts";
import { judge } from "./oracle.ts";

/** What a client of a test sees: one step at each of these times. */
type View = Record<number, Step>;
type Step = Entry extends infer E ? (E extends Entry ? Omit<E, "at"> : never) : never;

/** An event of a test: when the request was made, the sender and the target. */
interface Sent {
  readonly at: number;
  readonly by?: string;
  readonly number?: number;
  readonly rooms?: readonly string[];
  /** Whether the sender never reported it. */
  readonly isUnsure?: boolean;
}

const came: Step = { type: "connect", sid: "s", recovered: false };
const cameBack: Step = { type: "connect", sid: "s", recovered: true };
const cameAnew: Step = { type: "connect", sid: "t", recovered: false };
const lostConnection: Step = { type: "disconnect", reason: "transport close" };
const join: Step = { type: "join", room: "red" };
const joined: Step = { type: "joined", room: "red" };
const leave: Step = { type: "leave", room: "red" };
const left: Step = { type: "left", room: "red" };

/** Nothing goes wrong. */
const calm = { troubles: [], detached: new Map(), ends: new Map() };

/** The faults found when the events 1, 2, … were sent and these clients saw this. */
function faults(
  sent: readonly Sent[],
  views: Record<string, View>,
  more: Partial<History> & { namespace?: string } = {},
): string[] {
  const { namespace = namespaces.kept, ...rest } = more;
  const origins = sent.map(({ by = "A", number }, index) => ({ publisher: by, number: number ?? index + 1 }));
  const emissions = new Map(
    sent.map(({ at, rooms = ["red"], isUnsure = false }, index) => [
      index + 1,
      {
        ...{ tag: index + 1, namespace, rooms, begin: at },
        ...(isUnsure ? { end: null, origin: null } : { end: at, origin: origins[index] ?? null }),
      },
    ]),
  );
  const accounts = Object.entries(views).map(([client, view]) => ({
    client,
    namespace,
    entries: Object.entries(view).map(([at, step]) => {
      const origin = step.type === "event" ? origins[step.tag - 1] : {};
      return { at: Number(at), ...step, ...origin } as Entry;
    }),
  }));
  const history = { emissions, accounts, ...calm, isShared: true, ...rest };
  return judge(history).map(({ kind, client, tags }) => `${kind}: ${client} ${tags.join()}`);
}

const got = (tag: number): Step => ({ type: "event", tag, publisher: "", number: 0 });
const inside = { 0: came, 1: join, 2: joined };
const three: Sent[] = [{ at: 10 }, { at: 20 }, { at: 30 }];

describe("a history", () => {
  it("is good when every client has every event", () => {
    const view = { ...inside, 11: got(1), 21: got(2), 31: got(3) };
    expect(faults(three, { one: view, other: view })).toEqual([]);
  });

  it("is good when a client comes back and gets the events that it missed", () => {
    const view = { ...inside, 11: got(1), 12: lostConnection, 40: cameBack, 41: got(2), 42: got(3) };
    expect(faults(three, { one: view })).toEqual([]);
  });

  it("shows an event twice", () => {
    const view = { ...inside, 11: got(1), 21: got(2), 22: got(2), 31: got(3) };
    expect(faults(three, { one: view })).toEqual(["doubled: one 2"]);
    expect(faults(three, { one: view }, { namespace: namespaces.plain })).toEqual(["doubled: one 2"]);
  });

  it("shows an event twice when one connection had it and the next replays it", () => {
    const view = {
      ...inside,
      11: got(1),
      12: lostConnection,
      13: cameBack,
      14: got(1),
      21: got(2),
      31: got(3),
    };
    expect(faults(three, { one: view })).toEqual(["doubled: one 1"]);
  });

  it("shows events of one publisher in another order than they were sent", () => {
    const view = { ...inside, 21: got(2), 22: got(1), 31: got(3) };
    expect(faults(three, { one: view }, { namespace: namespaces.plain })).toEqual([
      "order of a publisher: one 2,1",
    ]);
  });

  it("shows two clients that disagree", () => {
    const sent = [
      { at: 10, by: "A", number: 1 },
      { at: 10, by: "B", number: 1 },
    ];
    const views = {
      one: { ...inside, 11: got(1), 12: got(2) },
      other: { ...inside, 11: got(2), 12: got(1) },
    };
    expect(faults(sent, views)).toEqual(["disorder: one 1,2"]);
    expect(faults(sent, views, { namespace: namespaces.plain })).toEqual([]);
  });

  it("gives an event no place in the order whose process had given up the broker", () => {
    const sent = [
      { at: 10, by: "A", number: 1 },
      { at: 20, by: "B", number: 1 },
    ];
    const views = {
      one: { ...inside, 31: got(1), 32: got(2) },
      other: { ...inside, 30: got(2), 31: got(1) },
    };
    const without = (process: string, from: number, to: number) =>
      faults(sent, views, { detached: new Map([[process, [{ from, to }]]]) });
    expect(without("A", 5, 12)).toEqual([]);
    // It waited for the broker at first.
    expect(without("B", 25, 40)).toEqual([]);
    // The broker took it before, or again.
    expect(without("A", 0, 9)).toEqual(["disorder: one 1,2"]);
    expect(without("A", 35, 40)).toEqual(["disorder: one 1,2"]);
    expect(without("C", 0, 99)).toEqual(["disorder: one 1,2"]);
  });

  it("demands one order of all other events at that time", () => {
    const sent = ["A", "B", "C"].map((by) => ({ at: 10, by, number: 1 }));
    const views = {
      one: { ...inside, 11: got(1), 12: got(3), 13: got(2) },
      other: { ...inside, 11: got(2), 12: got(3), 13: got(1) },
    };
    const detached = new Map([["C", [{ from: 5, to: 50 }]]]);
    expect(faults(sent, views, { detached })).toEqual(["disorder: one 1,2"]);
  });

  it("shows three clients that disagree together, though no two of them do", () => {
    const sent = ["A", "B", "C"].map((by) => ({ at: 10, by, number: 1 }));
    const leaves = { 20: leave, 21: left };
    const views = {
      one: { ...inside, 11: got(1), 12: got(2), ...leaves },
      two: { ...inside, 11: got(2), 12: got(3), ...leaves },
      three: { ...inside, 11: got(3), 12: got(1), ...leaves },
    };
    expect(faults(sent, views)).toContain("disorder: one 3,1,2");
  });

  it("demands one order within each process when each has a memory of its own", () => {
    const sent = [
      { at: 10, by: "A", number: 1 },
      { at: 10, by: "B", number: 1 },
    ];
    const at = (process: string): View => ({ ...inside, 3: { type: "place", process } });
    const one = { ...at("A"), 11: got(1), 12: got(2) };
    const other = { 11: got(2), 12: got(1) };
    expect(faults(sent, { one, other: { ...at("B"), ...other } }, { isShared: false })).toEqual([]);
    expect(faults(sent, { one, other: { ...at("A"), ...other } }, { isShared: false })).toEqual([
      "disorder: one 1,2",
    ]);
  });
});

describe("an event that did not come", () => {
  it("is lost when later ones of its publisher came", () => {
    const view = { ...inside, 11: got(1), 31: got(3), 40: lostConnection, 50: cameAnew };
    expect(faults(three, { one: view })).toEqual(["lost: one 2"]);
    expect(faults(three, { one: view }, { namespace: namespaces.plain })).toEqual(["lost: one 2"]);
  });

  it("is lost when another client got it before an event that came", () => {
    const sent = three.map(({ at }, index) => ({ at, by: "ABC"[index] ?? "", number: 1 }));
    const views = {
      one: { ...inside, 11: got(1), 31: got(3), 40: lostConnection, 50: cameAnew },
      other: { ...inside, 11: got(1), 21: got(2), 31: got(3) },
    };
    expect(faults(sent, views)).toEqual(["lost: one 2"]);
    expect(faults(sent, views, { namespace: namespaces.plain })).toEqual([]);
  });

  it("is lost when the client stayed in the room to the end", () => {
    expect(faults(three, { one: { ...inside, 11: got(1), 21: got(2) } })).toEqual(["lost: one 3"]);
  });

  it("is lost when the client was told that nothing is missing", () => {
    const view = { ...inside, 11: got(1), 12: lostConnection, 40: cameBack, 41: got(3) };
    expect(faults(three, { one: view })).toEqual(["lost: one 2"]);
  });

  it("is not lost when the client was told that its session is new", () => {
    const view = { ...inside, 11: got(1), 12: lostConnection, 40: cameAnew };
    expect(faults(three, { one: view })).toEqual([]);
  });

  it("is not lost when the client had not yet joined the room, or had left it", () => {
    expect(faults(three, { one: { 0: came, 15: join, 25: joined, 31: got(3) } })).toEqual([]);
    expect(faults(three, { one: { ...inside, 11: got(1), 12: leave, 13: left } })).toEqual([]);
  });

  it("is lost when it was for the whole namespace or for this client", () => {
    expect(faults([{ at: 10, rooms: [everybody] }], { one: { 0: came } })).toEqual(["lost: one 1"]);
    expect(faults([{ at: 10, rooms: ["s"] }], { one: { 0: came } })).toEqual(["lost: one 1"]);
    expect(faults([{ at: 10, rooms: ["red", "s"] }], { one: inside })).toEqual(["lost: one 1"]);
  });

  it("is not lost when its process was killed before it could send it, and no client has it", () => {
    const ends = new Map([["A", 500]]);
    const one = { ...inside, 11: got(1), 21: got(2) };
    expect(faults(three, { one }, { ends })).toEqual([]);
    expect(faults(three, { one }, { ends: new Map([["A", 5000]]) })).toEqual(["lost: one 3"]);
    const other = { ...one, 31: got(3) };
    expect(faults(three, { one, other }, { ends })).toEqual(["lost: one 3"]);
    expect(faults(three, { one, other }, { ends, namespace: namespaces.plain })).toEqual([]);
  });

  it("is not lost when its sender never reported it", () => {
    expect(faults([{ at: 10, isUnsure: true }], { one: inside })).toEqual([]);
  });

  it("is not lost in trouble, unless the client was told later that nothing is missing", () => {
    const troubles = [{ from: 15, to: 25 }];
    const one = { ...inside, 11: got(1), 1500: got(3) };
    const sent = [{ at: 10 }, { at: 20 }, { at: 1400 }];
    const other = { ...inside, 11: got(1), 21: got(2), 1500: got(3) };
    const early = [{ from: 0, to: 25 }];
    expect(faults(sent, { one, other }, { troubles })).toEqual([]);
    expect(faults(sent, { one, other })).toEqual(["lost: one 2"]);
    const told = { ...inside, 11: got(1), 12: lostConnection, 40: cameBack, 1500: got(3) };
    expect(faults(sent, { told, other }, { troubles: early })).toEqual(["lost: told 2"]);
    // No client has it, and one comes back long after it was sent.
    const late = { ...inside, 11: got(1), 12: lostConnection, 1300: cameBack, 1500: got(3) };
    const lost = [{ at: 10 }, { at: 20, by: "B" }, { at: 1400 }];
    expect(faults(lost, { late }, { troubles: early })).toEqual(["lost: late 2"]);
    expect(faults(lost, { late }, { troubles: early, isShared: false })).toEqual([]);
  });
});

describe("an event that came", () => {
  it("is stray when the client had left before the event was requested", () => {
    const view = { ...inside, 11: got(1), 12: leave, 13: left, 21: got(2) };
    expect(faults(three.slice(0, 2), { one: view })).toEqual(["stray: one 2"]);
  });

  it("is stray when the client was never in the room", () => {
    expect(faults(three.slice(0, 1), { one: { 0: came, 11: got(1) } })).toEqual(["stray: one 1"]);
  });

  it("is not stray when it was requested before the client had left", () => {
    const view = { ...inside, 11: got(1), 12: leave, 22: left, 23: got(2) };
    expect(faults(three.slice(0, 2), { one: view })).toEqual([]);
  });
});

describe("the identity of a client", () => {
  it("stays when it is told that nothing is missing", () => {
    const view: View = { 0: came, 1: lostConnection, 2: { ...cameBack, sid: "t" } as Step };
    expect(faults([], { one: view })).toEqual(["identity: one "]);
  });

  it("changes when its session is new", () => {
    expect(faults([], { one: { 0: came, 1: lostConnection, 2: came } })).toEqual(["identity: one "]);
    expect(faults([], { one: { 0: came, 1: lostConnection, 2: cameAnew } })).toEqual([]);
  });

  it("is never kept without recovery", () => {
    const view = { 0: came, 1: lostConnection, 2: cameBack };
    expect(faults([], { one: view }, { namespace: namespaces.plain })).toEqual(["identity: one "]);
  });
});

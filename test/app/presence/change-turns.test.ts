import { describe, expect, it } from "vitest";
import { ChangeTurns } from "../../../src/app/presence/change-turns.ts";

const room = { namespace: "/", room: "user:7" };
const nodes = ["a", "b", "c"];

/** The turns of one process, with the changes that it tells. */
function turnsOf(name: string) {
  const told: string[] = [];
  const state = { now: 10_000, isOnline: true };
  const turns = new ChangeTurns({
    node: () => name,
    now: () => state.now,
    isOnline: () => state.isOnline,
    tell: (changed, change) => void told.push(`${changed.room} ${change}`),
  });
  return { turns, told, state };
}

/** All three processes, the one that tells a change first. */
function inOrder() {
  const processes = nodes.map(turnsOf);
  for (const { turns } of processes) turns.assign(room, "online", nodes);
  const first = processes.filter(({ told }) => told.length > 0);
  expect(first).toHaveLength(1);
  return [...first, ...processes.filter((process) => !first.includes(process))];
}

describe("ChangeTurns", () => {
  it("lets exactly one of the processes tell a change", () => {
    expect(inOrder().map(({ told }) => told)).toEqual([["user:7 online"], [], []]);
  });

  it("passes a change on to exactly one other process when the first one is silent", () => {
    const [, ...others] = inOrder();
    for (const { turns, state } of others) {
      state.now += 3999;
      turns.passOn();
    }
    expect(others.flatMap(({ told }) => told)).toEqual([]);
    for (const { turns, state } of others) {
      state.now += 1;
      turns.passOn();
    }
    expect(others.flatMap(({ told }) => told)).toEqual(["user:7 online"]);
  });

  it("tells nothing that another process has told", () => {
    const [, ...others] = inOrder();
    for (const { turns, state } of others) {
      turns.onTold(["/", "user:7", true]);
      state.now += 10_000;
      turns.passOn();
    }
    expect(others.flatMap(({ told }) => told)).toEqual([]);
  });

  it("drops a late change that does not hold any more", () => {
    const [, ...others] = inOrder();
    for (const { turns, state } of others) {
      state.isOnline = false;
      state.now += 10_000;
      turns.passOn();
    }
    expect(others.flatMap(({ told }) => told)).toEqual([]);
  });

  it("leaves a change alone whose candidates are other processes", () => {
    const { turns, told, state } = turnsOf("d");
    turns.assign(room, "offline", nodes);
    state.now += 10_000;
    state.isOnline = false;
    turns.passOn();
    expect(told).toEqual([]);
  });
});

import { expect, it } from "vitest";
import { LossTracker } from "../../../src/backplane/stream/loss-tracker.ts";
import { clientIn, everyoneIn } from "../../../src/core/model/target.ts";

const rooms = (...names: string[]) => ({ ...everyoneIn("/"), rooms: names });

it("names every room and client of lost events, each once", () => {
  const lost = new LossTracker();
  expect(lost.isEmpty).toBe(true);
  lost.add(rooms("red", "blue"));
  lost.add(clientIn("/", "sid"));
  lost.add(rooms("red"));
  expect(lost.isEmpty).toBe(false);
  expect(lost.take("/")).toEqual(rooms("red", "blue", "sid"));
});

it("is empty again once they are told", () => {
  const lost = new LossTracker();
  lost.add(everyoneIn("/"));
  expect(lost.take("/")).toEqual(everyoneIn("/"));
  expect(lost.isEmpty).toBe(true);
  lost.add(rooms("red"));
  expect(lost.take("/")).toEqual(rooms("red"));
});

it("names everybody when one of the events was for all, whatever follows", () => {
  const lost = new LossTracker();
  lost.add(rooms("red"));
  lost.add(everyoneIn("/"));
  lost.add(rooms("blue"));
  expect(lost.take("/")).toEqual(everyoneIn("/"));
});

it("names everybody for more than 500 rooms, so that it never takes a room for unharmed", () => {
  const lost = new LossTracker();
  for (let index = 0; index < 500; index += 1) lost.add(rooms(`room ${index}`));
  lost.add(rooms("room 0"));
  expect(lost.take("/").rooms).toHaveLength(500);
  for (let index = 0; index <= 500; index += 1) lost.add(rooms(`room ${index}`));
  expect(lost.take("/").rooms).toBeNull();
});

it("tells clients that were to be left out as well: they find less than they could, and never too little", () => {
  const lost = new LossTracker();
  lost.add({ ...rooms("red"), skip: ["sid"] });
  expect(lost.take("/").skip).toBeNull();
});

import { expect, it } from "vitest";
import { readAnswer, readPassedIn, readQuestion } from "../../../src/backplane/wire/question-bodies.ts";

const target = { namespace: "/", sid: null, rooms: ["lobby"], skip: null };

it.each([
  { type: "operation", operation: { type: "join", target, rooms: ["lobby"] } },
  { type: "operation", operation: { type: "close room", namespace: "/", room: "lobby" } },
  { type: "operation", operation: { type: "disconnect", target, close: true, notice: null } },
  { type: "ask", target, timeout: null },
  { type: "ask", target, timeout: 100 },
  { type: "sockets", target },
  { type: "count", target },
  { type: "server event", timeout: 0 },
])("reads the question %j", (body) => {
  expect(readQuestion(JSON.parse(JSON.stringify(body)))).toEqual(body);
});

it("reads a question of a newer process as an unknown one", () => {
  expect(readQuestion({ type: "weather" })).toEqual({ type: "unknown" });
});

it.each([
  null,
  [],
  "text",
  { type: "ask", target, timeout: -1 },
  { type: "count", target: { ...target, rooms: [5] } },
  { type: "count", target: { ...target, namespace: null } },
  { type: "operation", operation: { type: "explode", target } },
])("refuses %j", (body) => {
  expect(() => readQuestion(body)).toThrow(RangeError);
});

it.each([
  { type: "done" },
  { type: "asking" },
  { type: "handled" },
  { type: "answered", sid: "a" },
  { type: "failed", sid: "a", failure: "timeout" },
  { type: "count", count: 3 },
  { type: "sockets", sockets: [] },
  { type: "not handled", failure: "no handler" },
])("reads the answer %j", (body) => {
  expect(readAnswer(body)).toEqual(body);
});

it.each([{ type: "failed", sid: "a", failure: "rain" }, { type: "count", count: "3" }, null])(
  "refuses the answer %j",
  (body) => {
    expect(() => readAnswer(body)).toThrow(RangeError);
  },
);

it("reads the namespace in which a copy was passed", () => {
  expect(readPassedIn({ type: "count", passedIn: "/chat" })).toBe("/chat");
  expect(readPassedIn({ type: "count" })).toBeNull();
  expect(() => readPassedIn({ passedIn: 5 })).toThrow(RangeError);
});

import { expect, it } from "vitest";
import { PendingRequests } from "../../../src/backplane/cluster/pending-requests.ts";
import type { AnswerMessage } from "../../../src/backplane/wire/envelope.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { deferred } from "../../support/waiting.ts";

/** Questions, and the calls of their listener. */
function setup() {
  const clock = new FakeClock();
  const heard: unknown[] = [];
  const listener = {
    onAnswer: ({ body }: AnswerMessage) => void heard.push(body),
    onEnd: (missing: readonly string[]) => void heard.push(missing),
  };
  return { clock, heard, listener, questions: new PendingRequests(2000, clock) };
}

function answer(origin: string, id: number, body: string, isLast = true): AnswerMessage {
  return { type: "answer", origin, id, isLast, body, event: null };
}

it("end when all processes have answered", () => {
  const { heard, listener, questions } = setup();
  const id = questions.expect(["a", "b"], listener);
  questions.onAnswer(answer("a", id, "part", false));
  questions.onAnswer(answer("stranger", id, "made up"));
  questions.onAnswer(answer("b", id, "all"));
  questions.onAnswer(answer("b", id, "again"));
  expect(heard).toEqual(["part", "all"]);
  questions.onAnswer(answer("a", id, "rest"));
  expect(heard).toEqual(["part", "all", "rest", []]);
  expect(questions.size).toBe(0);
});

it("end at once where no process is asked", () => {
  const { heard, listener, questions } = setup();
  expect(questions.expect([], listener)).toBe(0);
  expect(heard).toEqual([[]]);
});

it("name processes that were silent for too long, and keep waiting for those that have begun to answer", () => {
  const { clock, heard, listener, questions } = setup();
  const id = questions.expect(["a", "b"], listener);
  questions.onAnswer(answer("a", id, "asking", false));
  clock.advance(60_000);
  expect(heard).toEqual(["asking"]);
  questions.onAnswer(answer("b", id, "too late"));
  questions.onAnswer(answer("a", id, "done"));
  expect(heard).toEqual(["asking", "done", ["b"]]);
});

it("take an answer that came while the process was busy", () => {
  const { clock, heard, listener, questions } = setup();
  const id = questions.expect(["a"], listener);
  clock.stall(5000);
  clock.fireTimers();
  questions.onAnswer(answer("a", id, "came in time"));
  clock.endTick();
  expect(heard).toEqual(["came in time", []]);
});

it("do not count the time in which the process stood still", () => {
  const { clock, heard, listener, questions } = setup();
  const id = questions.expect(["a"], listener);
  clock.advance(100);
  clock.stall(60_000);
  clock.advance(100);
  questions.onAnswer(answer("a", id, "needed some time"));
  expect(heard).toEqual(["needed some time", []]);
});

it("do not wait for a process that is gone", () => {
  const { heard, listener, questions } = setup();
  const id = questions.expect(["a", "b"], listener);
  questions.onAnswer(answer("a", id, "asking", false));
  questions.onMemberLeft("a");
  questions.giveUpAll();
  expect(heard).toEqual(["asking", ["a", "b"]]);
});

it("are silent once they are forgotten", () => {
  const { clock, heard, listener, questions } = setup();
  questions.forget(questions.expect(["a"], listener));
  clock.advance(60_000);
  expect(heard).toEqual([]);
  expect(questions.size).toBe(0);
});

it("may be sent before the processes are known, and wait for those that have not finished by then", async () => {
  const { clock, heard, listener, questions } = setup();
  const known = deferred();
  const id = questions.expectSoon(known.promise, () => ["a", "b", "c"], listener);
  questions.onAnswer(answer("a", id, "all of a"));
  questions.onAnswer(answer("a", id, "again"));
  questions.onAnswer(answer("b", id, "part of b", false));
  known.resolve();
  await known.promise;
  expect(heard).toEqual(["all of a", "part of b"]);
  questions.onAnswer(answer("b", id, "rest of b"));
  clock.advance(3000);
  clock.endTick();
  expect(heard).toEqual(["all of a", "part of b", "rest of b", ["c"]]);
});

it("end when it turns out that all processes have answered, or that there are none", async () => {
  const { heard, listener, questions } = setup();
  const id = questions.expectSoon(Promise.resolve(), () => ["a"], listener);
  questions.expectSoon(Promise.resolve(), () => [], listener);
  questions.onAnswer(answer("a", id, "all"));
  await Promise.resolve();
  expect(heard).toEqual(["all", [], []]);
  expect(questions.size).toBe(0);
});

it("are given up with the others before the processes are known", () => {
  const { heard, listener, questions } = setup();
  questions.expectSoon(new Promise(() => {}), () => ["a", "b"], listener);
  questions.giveUpAll();
  expect(heard).toEqual([["a", "b"]]);
});

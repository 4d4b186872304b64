import { expect, it } from "vitest";
import type { AnswerMessage } from "../../src/backplane/envelope.ts";
import { Questions } from "../../src/backplane/questions.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** Questions, and what one who asks hears. */
function setup() {
  const clock = new FakeClock();
  const heard: unknown[] = [];
  const listener = {
    onAnswer: ({ body }: AnswerMessage) => void heard.push(body),
    onEnd: (missing: readonly string[]) => void heard.push(missing),
  };
  return { clock, heard, listener, questions: new Questions(2000, clock) };
}

function answer(origin: string, id: number, body: string, isLast = true): AnswerMessage {
  return { type: "answer", origin, id, isLast, body, event: null };
}

it("end when all who were asked have answered", () => {
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

it("end at once where nobody is to be asked", () => {
  const { heard, listener, questions } = setup();
  expect(questions.expect([], listener)).toBe(0);
  expect(heard).toEqual([[]]);
});

it("name those that were silent for too long, and wait on for those that have begun to answer", () => {
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

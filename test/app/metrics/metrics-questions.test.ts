import { expect, it } from "vitest";
import { MetricsQuestions } from "../../../src/app/metrics/metrics-questions.ts";
import { FakeClock } from "../../support/fake-clock.ts";

it("answers each question by its id, once", async () => {
  const clock = new FakeClock();
  const questions = new MetricsQuestions(clock);
  const ids: number[] = [];
  const answers = [questions.ask((id) => ids.push(id)), questions.ask((id) => ids.push(id))];
  const [first = 0, second = 0] = ids;
  questions.answer(second, []);
  clock.advance(1000);
  questions.answer(first, []);
  expect(await Promise.all(answers)).toEqual([null, []]);
  expect(clock.timerCount).toBe(0);
});

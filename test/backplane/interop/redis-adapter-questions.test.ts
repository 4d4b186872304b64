import { describe, expect, it } from "vitest";
import { AwaitedSubscriptions } from "../../../src/backplane/bus/awaited-subscriptions.ts";
import { BusMonitor } from "../../../src/backplane/bus/bus-monitor.ts";
import { decodeRequest } from "../../../src/backplane/interop/redis-adapter-message.ts";
import { RedisAdapterQuestions } from "../../../src/backplane/interop/redis-adapter-questions.ts";
import { Trace } from "../../../src/base/trace.ts";
import { FakeBus } from "../../support/fake-bus.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const channels = { request: "ask", response: "answers" };
const turn = () => new Promise(setImmediate);

/** The questions of one server, and what it sends. */
function setup() {
  const bus = new FakeBus();
  const clock = new FakeClock();
  const monitor = new BusMonitor(bus, { onUp() {}, onDown() {}, onDropped() {} }, new Trace());
  const subscriptions = new AwaitedSubscriptions(bus, { answerTimeout: 2000, linger: 5000 }, clock);
  const questions = new RedisAdapterQuestions("uid", monitor, subscriptions, clock);
  const heard: unknown[] = [];
  const ask = (timeout: number | null = 1000) =>
    questions.ask(channels, { type: 5 }, timeout, {
      onResponse: ({ type }) => heard.push(type),
      onExpire: () => heard.push("expired"),
      onEnd: () => heard.push("end"),
    });
  const sent = () => bus.sent.map(({ message }) => decodeRequest(message));
  const idOf = (index: number) => decodeRequest(bus.sent[index]?.message ?? new Uint8Array()).requestId ?? "";
  return { bus, clock, questions, heard, ask, sent, idOf };
}

describe("a question", () => {
  it("is sent once its answers can come, or when waiting for that takes too long", async () => {
    const { bus, ask, sent } = setup();
    bus.holdsConfirmations = true;
    ask(null);
    await turn();
    expect([[...bus.subjects], sent()]).toEqual([["answers"], []]);
    bus.confirm("answers");
    await turn();
    expect(sent()).toMatchObject([
      { uid: "uid", type: 5, requestId: expect.stringMatching(/^[0-9a-f]{12}$/) },
    ]);

    const slow = setup();
    slow.bus.holdsConfirmations = true;
    slow.ask(null);
    slow.clock.advance(2000);
    await turn();
    expect(slow.sent()).toHaveLength(1);
  });

  it("that ends before it is sent is not sent any more", async () => {
    const { bus, questions, heard, ask, sent } = setup();
    bus.holdsConfirmations = true;
    ask();
    questions.endAll();
    bus.confirm("answers");
    await turn();
    expect([heard, sent()]).toEqual([["end"], []]);
  });

  it("takes answers until its time is over, and none later", async () => {
    const { clock, questions, heard, ask, idOf } = setup();
    ask();
    await turn();
    questions.onResponse({ requestId: idOf(0), type: 1 });
    questions.onResponse({ requestId: "another", type: 2 });
    clock.advance(1000);
    questions.onResponse({ requestId: idOf(0), type: 3 });
    expect(heard).toEqual([1, "expired", "end"]);
  });

  it("ends at once where the bus drops it", async () => {
    const { bus, clock, heard, ask } = setup();
    bus.takes = false;
    ask();
    await turn();
    expect([heard, clock.holdingTimerCount]).toEqual([["end"], 0]);
  });

  it("that its caller stops is heard no more", async () => {
    const { clock, questions, heard, ask, idOf } = setup();
    const stop = ask();
    await turn();
    stop();
    stop();
    questions.onResponse({ requestId: idOf(0), type: 1 });
    clock.advance(1000);
    expect(heard).toEqual([]);
  });

  it("gives way to newer ones when ten thousand wait", async () => {
    const { questions, heard, ask, idOf } = setup();
    for (let count = 0; count < 10_000; count += 1) ask(null);
    await turn();
    expect(heard).toEqual([]);
    ask(null);
    await turn();
    expect(heard).toEqual(["end"]);
    questions.onResponse({ requestId: idOf(0), type: 1 });
    questions.onResponse({ requestId: idOf(1), type: 2 });
    expect(heard).toEqual(["end", 2]);
  });
});

it("listens for answers as long as questions wait, and a little longer", async () => {
  const { bus, clock, questions, ask, idOf } = setup();
  ask(null);
  ask(null);
  await turn();
  questions.end(idOf(0));
  clock.advance(60_000);
  expect([...bus.subjects]).toEqual(["answers"]);
  questions.end(idOf(1));
  clock.advance(5000);
  expect([...bus.subjects]).toEqual([]);
});

import { describe, expect, it } from "vitest";
import { AwaitedSubscriptions } from "../../../src/backplane/bus/awaited-subscriptions.ts";
import { BusMonitor } from "../../../src/backplane/bus/bus-monitor.ts";
import { type AdapterRequest, decodeRequest } from "../../../src/backplane/interop/redis-adapter-message.ts";
import { RedisAdapterQuestions } from "../../../src/backplane/interop/redis-adapter-questions.ts";
import { RedisAdapterServerEvents } from "../../../src/backplane/interop/redis-adapter-server-events.ts";
import { Trace } from "../../../src/base/trace.ts";
import { FakeBus } from "../../support/fake-bus.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const turn = () => new Promise(setImmediate);

/** A bus with as many subscribers as the test says; `null` where it is down. */
class CountedBus extends FakeBus {
  count: number | null = 2;
  countSubscribers(): Promise<number> {
    return this.count === null ? Promise.reject(new Error("down")) : Promise.resolve(this.count);
  }
}

/** The events of one server; what it has sent, and what it hears. */
function setup(bus: FakeBus = new CountedBus()) {
  const clock = new FakeClock();
  const monitor = new BusMonitor(bus, { onUp() {}, onDown() {}, onDropped() {} }, new Trace());
  const subscriptions = new AwaitedSubscriptions(bus, { answerTimeout: 2000, linger: 5000 }, clock);
  const questions = new RedisAdapterQuestions("uid", monitor, subscriptions, clock);
  const channelsOf = (namespace: string) => ({
    request: `ask ${namespace}`,
    response: `answer ${namespace}`,
  });
  const events = new RedisAdapterServerEvents({
    uid: "uid",
    bus,
    monitor,
    subscriptions,
    questions,
    channelsOf,
  });
  const sent = () => bus.sent.map(({ subject, message }) => [subject, decodeRequest(message)] as const);
  return { bus, clock, questions, events, sent };
}

describe("events between the servers of the classic Redis adapter", () => {
  it("go to the channel for requests of their namespace", () => {
    const { events, sent } = setup();
    events.tell("/chat", ["told", 1]);
    expect(sent()).toEqual([["ask /chat", { uid: "uid", type: 6, data: ["told", 1] }]]);
  });

  it("that ask wait for as many answers as there are other subscribers", async () => {
    const bus = new CountedBus();
    bus.count = 3;
    const { events, questions, sent } = setup(bus);
    const asked = events.ask("/", ["asked", Buffer.from([1]), undefined], 1000);
    await turn();
    const [[, question]] = sent() as [readonly [string, AdapterRequest]];
    expect(question.data).toEqual(["asked", { type: "Buffer", data: [1] }, null]);
    const { requestId = "" } = question;
    questions.onResponse({ requestId, type: 5 });
    questions.onResponse({ requestId, type: 6, data: "one" });
    questions.onResponse({ requestId, type: 6, data: "two" });
    expect(await asked).toEqual({ responses: ["one", "two"], expected: 2 });
  });

  it("that ask end with what has come in time", async () => {
    const { events, clock } = setup();
    const asked = events.ask("/", ["asked"], 1000);
    await turn();
    clock.advance(1000);
    expect(await asked).toEqual({ responses: [], expected: 1 });
  });

  it("are not sent where there is no other server", async () => {
    const bus = new CountedBus();
    bus.count = 1;
    const { events, sent } = setup(bus);
    expect(await events.ask("/", ["asked"], 1000)).toEqual({ responses: [], expected: 0 });
    expect(sent()).toEqual([]);
  });

  it("come while a namespace is served, also without clients", () => {
    const { events, bus, clock } = setup();
    events.serve("/");
    events.serve("/");
    expect([...bus.subjects]).toEqual(["ask /", "answer /"]);
    events.leave("/");
    clock.advance(5000);
    expect([...bus.subjects]).toEqual([]);
  });

  it("are answered once, by the listener or with nothing where there is none", () => {
    const { events } = setup();
    const replies: object[] = [];
    const request = { type: 6, requestId: "id", data: ["asked", 1] };
    events.onRequest("/", request, (answer) => replies.push(answer));
    expect(replies).toEqual([{ type: 6 }]);
    events.listener = (namespace, values, answer) => {
      answer?.([namespace, ...values]);
      answer?.("again");
    };
    events.onRequest("/", request, (answer) => replies.push(answer));
    expect(replies).toEqual([{ type: 6 }, { type: 6, data: ["/", "asked", 1] }]);
  });

  it("tell a listener without a question", () => {
    const { events } = setup();
    const heard: unknown[] = [];
    events.listener = (...values) => heard.push(values);
    events.onRequest("/chat", { type: 6, data: ["told"] }, () => heard.push("replied"));
    expect(heard).toEqual([["/chat", ["told"], null]]);
  });
});

describe("the number of other servers", () => {
  it("is that of the other subscribers", async () => {
    const { events } = setup();
    expect([await events.countOthers("/"), await events.count("/")]).toEqual([1, 2]);
  });

  it("waits for the first attempt to connect", async () => {
    const { events, bus } = setup();
    let open = () => {};
    events.onOpening(
      new Promise((resolve) => {
        open = resolve;
      }),
    );
    const counted = events.countOthers("/");
    (bus as CountedBus).count = 5;
    open();
    expect(await counted).toBe(4);
  });

  it("is not known while the bus is down, or where it does not tell", async () => {
    const { events, bus } = setup();
    (bus as CountedBus).count = null;
    expect(await events.countOthers("/")).toBeNull();
    expect(setup(new FakeBus()).events.countOthers("/")).toBeNull();
  });
});

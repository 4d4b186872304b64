import { describe, expect, it } from "vitest";
import { AwaitedSubscriptions } from "../../../src/backplane/bus/awaited-subscriptions.ts";
import { BusMonitor } from "../../../src/backplane/bus/bus-monitor.ts";
import { RedisAdapterInquiries } from "../../../src/backplane/interop/redis-adapter-inquiries.ts";
import { decodeRequest } from "../../../src/backplane/interop/redis-adapter-message.ts";
import { RedisAdapterQuestions } from "../../../src/backplane/interop/redis-adapter-questions.ts";
import { Trace } from "../../../src/base/trace.ts";
import { clientIn, everyoneIn, type Target } from "../../../src/core/model/target.ts";
import { JsonEventPacket } from "../../../src/core/packet/event-packet.ts";
import { FakeBus } from "../../support/fake-bus.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { deferred } from "../../support/waiting.ts";

const turn = () => new Promise(setImmediate);
const everyone = everyoneIn("/");

/** The inquiries of one server among others, whose number may be unknown. */
function setup(others: number | null | Promise<number>) {
  const bus = new FakeBus();
  const clock = new FakeClock();
  const monitor = new BusMonitor(bus, { onUp() {}, onDown() {}, onDropped() {} }, new Trace());
  const subscriptions = new AwaitedSubscriptions(bus, { answerTimeout: 2000, linger: 5000 }, clock);
  const questions = new RedisAdapterQuestions("uid", monitor, subscriptions, clock);
  const inquiries = new RedisAdapterInquiries({
    questions,
    answerTimeout: 2000,
    channelsOf: () => ({ request: "ask", response: "answer" }),
    countOthers: () => (others === null ? null : Promise.resolve(others)),
  });
  const heard: unknown[] = [];
  const ask = (target: Target) =>
    inquiries.ask({ target, event: "who", values: [1], packet: new JsonEventPacket("/", "who", [1]) }, 1000, {
      onAnswer: (_sid, values) => heard.push(values),
      onFailure: (_sid, why) => heard.push(why),
      onEnd: () => heard.push("end"),
    });
  const question = async () => {
    await turn();
    return decodeRequest(bus.sent.at(-1)?.message ?? new Uint8Array());
  };
  return { bus, clock, questions, inquiries, heard, ask, question };
}

describe("acknowledgements of clients of other servers", () => {
  it("are complete when each server has told its number of clients, and all of these have answered", async () => {
    const { questions, heard, ask, question } = setup(2);
    ask(everyone);
    const { requestId = "", packet } = await question();
    expect(packet?.data).toEqual(["who", 1]);
    questions.onResponse({ requestId, type: 8, clientCount: 1 });
    questions.onResponse({ requestId, type: 9, packet: "ada" });
    expect(heard).toEqual([["ada"]]);
    questions.onResponse({ requestId, type: 8, clientCount: 0 });
    expect(heard).toEqual([["ada"], "end"]);
  });

  it("are complete also when the number of servers comes last", async () => {
    const { promise, resolve } = deferred<number>();
    const { questions, heard, ask, question } = setup(promise);
    ask(everyone);
    const { requestId = "" } = await question();
    questions.onResponse({ requestId, type: 8, clientCount: 0 });
    expect(heard).toEqual([]);
    resolve(1);
    await turn();
    expect(heard).toEqual(["end"]);
  });

  it("take their time where the number of servers is not known", async () => {
    const { questions, heard, ask, question, clock } = setup(null);
    ask(everyone);
    const { requestId = "" } = await question();
    questions.onResponse({ requestId, type: 8, clientCount: 0 });
    expect(heard).toEqual([]);
    clock.advance(1000);
    expect(heard).toEqual(["end"]);
  });

  it("end with the answer of the only client that is meant, and fail without it", async () => {
    const { questions, heard, ask, question, clock } = setup(null);
    ask(clientIn("/", "ada"));
    const { requestId = "" } = await question();
    questions.onResponse({ requestId, type: 9, packet: "ada" });
    expect(heard).toEqual([["ada"], "end"]);
    ask(clientIn("/", "ada"));
    await turn();
    clock.advance(1000);
    expect(heard.slice(2)).toEqual(["timeout", "end"]);
  });
});

describe("the list of clients of other servers", () => {
  const ada = { id: "ada", rooms: ["ada", "red"] };

  it("is complete when each server has answered", async () => {
    const { inquiries, questions, question } = setup(2);
    const found = inquiries.sockets(everyone);
    const { requestId = "" } = await question();
    questions.onResponse({ requestId, sockets: [ada] });
    questions.onResponse({ requestId, sockets: [] });
    expect((await found).sockets.map(({ sid, rooms }) => [sid, rooms])).toEqual([["ada", ["ada", "red"]]]);
  });

  it("is empty at once where there is no other server", async () => {
    const { inquiries, bus } = setup(0);
    expect(await inquiries.sockets(everyone)).toEqual({ sockets: [], missing: [] });
    expect(bus.sent).toEqual([]);
  });

  it("has what came in time where the number of servers is not known", async () => {
    const { inquiries, questions, question, clock } = setup(null);
    const found = inquiries.sockets(everyone);
    const { requestId = "" } = await question();
    questions.onResponse({ requestId, sockets: [ada] });
    clock.advance(2000);
    expect((await found).sockets).toHaveLength(1);
  });
});

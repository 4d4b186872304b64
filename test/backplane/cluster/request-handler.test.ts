import { expect, it } from "vitest";
import { generateNodeId } from "../../../src/backplane/cluster/node-id.ts";
import type { LocalClients, OrderedWay } from "../../../src/backplane/cluster/ports.ts";
import { ClusterRequestHandler } from "../../../src/backplane/cluster/request-handler.ts";
import type { LocalServer } from "../../../src/backplane/cluster/server-event.ts";
import { nodeSubject } from "../../../src/backplane/cluster/subjects.ts";
import { decodeMessage, type QuestionMessage } from "../../../src/backplane/wire/envelope.ts";
import { ContextPropagation } from "../../../src/base/tracing/context-propagation.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const asker = generateNodeId();
const target = { namespace: "/", sid: null, rooms: ["lobby"], skip: null };

/** A handler, the answers that it sends, and the operations that it carries out. */
function setup(server: LocalServer | null = null) {
  const told: unknown[] = [];
  const answers: unknown[] = [];
  const clock = new FakeClock();
  const clients: LocalClients = {
    deliver() {},
    apply: ({ type }) => told.push(type),
    inquireFor(_target, _event, _timeout, listener) {
      listener.onAnswer("sid", ["yes"]);
      listener.onEnd([]);
      return () => {};
    },
    describe: () => [],
    countHere: () => 3,
    onGap() {},
    roams: () => false,
    kept: () => null,
  };
  const ordered: OrderedWay = { listener: null, pass: () => true, hears: (namespace) => namespace === "/" };
  const contexts = new ContextPropagation();
  const handler = new ClusterRequestHandler(
    generateNodeId(),
    { clients, server },
    { deadAfter: 10_000, clock },
    {
      ordered,
      contexts,
      send(subject, bytes) {
        expect(subject).toBe(nodeSubject(asker));
        const answer = decodeMessage(bytes, "another");
        if (answer.type === "answer") answers.push([answer.id, answer.isLast, answer.body]);
        return true;
      },
      subscribed: () => null,
      onIgnored: (problem) => told.push(problem),
      report: (error) => told.push(String(error)),
    },
  );
  return { handler, contexts, clock, told, answers };
}

function question(body: object, id = 1, event: QuestionMessage["event"] = null): QuestionMessage {
  return { type: "question", origin: asker, id, body, event };
}

const join = { type: "operation", operation: { type: "join", target, rooms: ["lobby"] } };

it("answers a question once it has done what that asks", () => {
  const { handler, told, answers } = setup();
  handler.onQuestion(question({ type: "count", target }));
  handler.onQuestion(question(join, 2));
  handler.onQuestion(question({ type: "weather" }, 3));
  expect(told).toEqual(["join"]);
  expect(answers).toEqual([
    [1, true, { type: "count", count: 3 }],
    [2, true, { type: "done" }],
    [3, true, { type: "done" }],
  ]);
});

it("waits for the copy of a question that keeps its place, and answers once", () => {
  const { handler, told, answers } = setup();
  const twice = question({ ...join, passedIn: "/" });
  handler.onQuestion(twice);
  expect(told).toEqual([]);
  handler.onCopy(twice);
  handler.onQuestion(twice);
  expect(told).toEqual(["join"]);
  expect(answers).toEqual([
    [1, false, { type: "asking" }],
    [1, true, { type: "done" }],
  ]);
});

it("does not wait for copies that come no more, nor in a namespace that it does not hear", () => {
  const { handler, told } = setup();
  handler.onQuestion(question({ ...join, passedIn: "/" }));
  handler.onPassedBreak("/");
  expect(told).toEqual(["join"]);
  handler.onQuestion(question({ ...join, passedIn: "/other" }, 2));
  expect(told).toEqual(["join", "join"]);
});

it("answers nothing that comes twice after its end", () => {
  const { handler, told } = setup();
  handler.onQuestion(question({ ...join, passedIn: "/" }));
  handler.close();
  handler.onPassedBreak("/");
  expect(told).toEqual([]);
});

it("passes on the answers of clients, and refuses an event that clients must not get", () => {
  const { handler, told, answers } = setup();
  const body = { type: "ask", target, timeout: 100 };
  handler.onQuestion(question(body, 1, encodeEvent("/", ["news"])));
  handler.onQuestion(question(body, 2));
  expect(answers).toEqual([
    [1, false, { type: "answered", sid: "sid" }],
    [1, true, { type: "done" }],
  ]);
  expect(told).toEqual(["unfit"]);
});

it("hands events for servers to this one, and says where it has no handler", async () => {
  const handled: unknown[] = [];
  const { handler, answers } = setup({
    handle: (event, values) => {
      handled.push([event, ...values]);
      return Promise.resolve({ values: ["done"] });
    },
    onServerJoined: () => handled.push("joined"),
    onServerLeft: (node) => handled.push(`left ${node}`),
  });
  const body = { type: "server event", timeout: 100 };
  handler.onReachable();
  handler.onQuestion(question(body, 1, encodeEvent("/", ["tidy", 5])));
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  handler.onMemberLeft(asker);
  expect(handled).toEqual(["joined", ["tidy", 5], `left ${asker}`]);
  expect(answers).toEqual([
    [1, false, { type: "asking" }],
    [1, true, { type: "handled" }],
  ]);
  const alone = setup();
  alone.handler.onQuestion(question(body, 2, encodeEvent("/", ["tidy"])));
  expect(alone.answers).toEqual([[2, true, { type: "not handled", failure: "no handler" }]]);
});

it("carries out a question in the context of the process that asks", () => {
  const { handler, contexts, told } = setup();
  contexts.propagator = {
    inject: () => null,
    run(carrier, work) {
      told.push(JSON.stringify(carrier));
      return work();
    },
  };
  handler.onQuestion(question({ ...join, carrier: { traceparent: "1" } }));
  handler.onQuestion(question(join, 2));
  expect(told).toEqual(['{"traceparent":"1"}', "join", "join"]);
  expect(() => handler.onQuestion(question({ ...join, carrier: { traceparent: 1 } }, 3))).toThrow(RangeError);
});

import { describe, expect, it } from "vitest";
import {
  ClusterRequests,
  type ClusterRequestsOwner,
} from "../../../src/backplane/cluster/cluster-requests.ts";
import { generateNodeId } from "../../../src/backplane/cluster/node-id.ts";
import { PendingRequests } from "../../../src/backplane/cluster/pending-requests.ts";
import type { OrderedWay } from "../../../src/backplane/cluster/ports.ts";
import { everyProcess, nodeSubject } from "../../../src/backplane/cluster/subjects.ts";
import { decodeMessage, type QuestionMessage } from "../../../src/backplane/wire/envelope.ts";
import { ContextPropagation } from "../../../src/base/tracing/context-propagation.ts";
import { sidGenerator } from "../../../src/core/model/sid.ts";
import { clientIn, everyoneIn } from "../../../src/core/model/target.ts";
import { JsonEventPacket } from "../../../src/core/packet/event-packet.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeLocalClients } from "../../support/fake-local-clients.ts";
import { deferred } from "../../support/waiting.ts";

const everyone = everyoneIn("/");
const turn = () => new Promise(setImmediate);
const join = { type: "join", target: everyone, rooms: ["red"] } as const;

/** The requests of a process that knows some others, and the questions that it sends. */
function setup(names: readonly string[] = ["one", "two"]) {
  const clock = new FakeClock();
  const clients = new FakeLocalClients();
  const nodes = names.map(() => generateNodeId());
  const sent: { subject: string; question: QuestionMessage }[] = [];
  const copies: { namespace: string; question: QuestionMessage }[] = [];
  const read = (bytes: Uint8Array) => {
    const message = decodeMessage(bytes, "another");
    if (message.type !== "question") throw new Error(`This is no question but ${message.type}.`);
    return message;
  };
  const state = {
    introduced: null as Promise<void> | null,
    ordered: null as OrderedWay | null,
    takes: true,
    upWait: null as Promise<void> | null,
  };
  const contexts = new ContextPropagation();
  const owner: ClusterRequestsOwner = {
    contexts,
    get introduced() {
      return state.introduced;
    },
    get ordered() {
      return state.ordered;
    },
    whenUp: () => state.upWait,
    nodes: () => nodes,
    labelOf: (node) => names[nodes.indexOf(node)] ?? node,
    send(subject, message) {
      if (state.takes) sent.push({ subject, question: read(message) });
      return state.takes;
    },
  };
  const pending = new PendingRequests(2000, clock);
  const requests = new ClusterRequests(generateNodeId(), clients, pending, owner);
  requests.onOpened();
  /** One of the others answers the latest question. */
  const answer = (name: string, body: unknown, { isLast = true, values = null as unknown[] | null } = {}) => {
    const event = values === null ? null : encodeEvent("/", ["answer", ...values]);
    const origin = nodes[names.indexOf(name)] ?? name;
    const id = sent.at(-1)?.question.id ?? 0;
    pending.onAnswer({ type: "answer", origin, id, isLast, body, event });
  };
  /** A way that takes copies of questions for some namespaces. */
  const order = (...namespaces: string[]) => {
    state.ordered = {
      listener: null,
      hears: () => true,
      pass(namespace, _target, message) {
        if (!namespaces.includes(namespace)) return false;
        copies.push({ namespace, question: read(message) });
        return true;
      },
    };
  };
  return { clock, contexts, clients, nodes, sent, copies, state, pending, requests, answer, order };
}

/** Calls clients, and records what the caller hears. */
function call({ requests }: ReturnType<typeof setup>, target = everyone, timeout: number | null = 1000) {
  const heard: unknown[] = [];
  const packet = new JsonEventPacket(target.namespace, "ask", [5]);
  const stop = requests.ask({ target, packet, event: "ask", values: [5] }, timeout, {
    onAnswer: (sid, values) => heard.push([sid, ...values]),
    onFailure: (sid, failure) => heard.push([sid, failure]),
    onEnd: (missing) => heard.push(missing),
  });
  return { heard, stop };
}

describe("a question", () => {
  it("about one client goes to its process alone", async () => {
    const parts = setup();
    const [, two = ""] = parts.nodes;
    const target = clientIn("/", sidGenerator(two)());
    const counted = parts.requests.count(target);
    expect(parts.sent.map(({ subject }) => subject)).toEqual([nodeSubject(two)]);
    parts.answer("two", { type: "count", count: 1 });
    expect(await counted).toEqual({ count: 1, missing: [] });
  });

  it("about one client goes to all where clients move on, or its id names no process", () => {
    const parts = setup();
    const [one = ""] = parts.nodes;
    parts.clients.roaming.add("/moving");
    void parts.requests.count(clientIn("/moving", sidGenerator(one)()));
    void parts.requests.count(clientIn("/", "sid~short"));
    expect(parts.sent.map(({ subject }) => subject)).toEqual([everyProcess, everyProcess]);
  });

  it("with an event carries the context in which it is asked", () => {
    const parts = setup();
    parts.contexts.propagator = { inject: () => ({ traceparent: "1" }), run: (_carrier, work) => work() };
    call(parts);
    parts.requests.tellServers("reload", []);
    parts.requests.askServers("load", [], 1000, { onReply() {}, onEnd() {} });
    void parts.requests.count(everyone);
    expect(parts.sent.map(({ question }) => (question.body as { carrier?: unknown }).carrier)).toEqual([
      { traceparent: "1" },
      { traceparent: "1" },
      { traceparent: "1" },
      undefined,
    ]);
  });

  it("is not sent where no other process has clients", async () => {
    const { requests, sent } = setup([]);
    expect(await requests.count(everyone)).toEqual({ count: 0, missing: [] });
    await requests.publish(join);
    expect(sent).toEqual([]);
  });

  it("that the bus drops has no answers, at once", async () => {
    const { state, pending, requests } = setup();
    state.takes = false;
    expect(await requests.sockets(everyone)).toEqual({ sockets: [], missing: ["one", "two"] });
    expect(pending.size).toBe(0);
  });

  it("is sent before the others are known, and waits for those that are known then", async () => {
    const { state, nodes, requests, sent, answer } = setup(["one"]);
    const known = deferred();
    state.introduced = known.promise;
    const counted = requests.count(everyone);
    expect(sent).toHaveLength(1);
    answer("one", { type: "count", count: 2 });
    const late = generateNodeId();
    nodes.push(late);
    known.resolve();
    await turn();
    answer(late, { type: "count", count: 3 });
    expect(await counted).toEqual({ count: 5, missing: [] });
  });
});

describe("an operation", () => {
  it("waits for the bus, and the end waits for it", async () => {
    const { state, requests, sent, answer } = setup(["one"]);
    const up = deferred();
    state.upWait = up.promise;
    const steps: string[] = [];
    void requests.publish(join).then(() => steps.push("done"));
    void requests.settled().then(() => steps.push("settled"));
    await turn();
    expect([sent, steps]).toEqual([[], []]);
    up.resolve();
    await turn();
    expect(sent[0]?.question.body).toEqual({ type: "operation", operation: join });
    answer("one", { type: "done" });
    await turn();
    expect(steps).toEqual(["done", "settled"]);
  });

  it("in an ordered namespace goes twice, as do calls, so that each keeps its place among events", () => {
    const parts = setup();
    parts.order("/");
    void parts.requests.publish(join);
    void parts.requests.publish({ type: "close room", namespace: "/", room: "red" });
    call(parts);
    expect(parts.copies.map(({ question }) => question)).toEqual(parts.sent.map(({ question }) => question));
    expect(parts.sent.map(({ question }) => question.body)).toMatchObject([
      { type: "operation", passedIn: "/" },
      { type: "operation", passedIn: "/" },
      { type: "ask", passedIn: "/" },
    ]);
  });

  it("goes once elsewhere, and so do lists and counts everywhere", () => {
    const parts = setup();
    parts.order("/ordered");
    void parts.requests.publish(join);
    void parts.requests.sockets(everyoneIn("/ordered"));
    void parts.requests.count(everyoneIn("/ordered"));
    parts.requests.tellServers("tidy", []);
    expect(parts.copies).toEqual([]);
    for (const { question } of parts.sent) expect(question.body).not.toHaveProperty("passedIn");
  });
});

describe("answers", () => {
  it("of clients come as they are, until all processes have finished", () => {
    const parts = setup();
    const { heard } = call(parts, everyone, null);
    expect(parts.sent[0]?.question).toMatchObject({ body: { type: "ask", timeout: null } });
    parts.answer("one", { type: "answered", sid: "ada" }, { isLast: false, values: ["yes", 1] });
    parts.answer("two", { type: "failed", sid: "bob", failure: "timeout" }, { isLast: false });
    parts.answer("one", { type: "asking" }, { isLast: false });
    parts.answer("one", { type: "done" });
    expect(heard).toEqual([
      ["ada", "yes", 1],
      ["bob", "timeout"],
    ]);
    parts.clock.advance(2000);
    parts.answer("two", { type: "done" });
    expect(heard.at(-1)).toEqual([]);
  });

  it("come no more to a caller that has stopped waiting", () => {
    const parts = setup(["one"]);
    const { heard, stop } = call(parts);
    stop();
    parts.answer("one", { type: "answered", sid: "ada" }, { values: ["yes"] });
    parts.clock.advance(10_000);
    expect([heard, parts.pending.size]).toEqual([[], 0]);
  });

  it("are put together: lists, and sums; a silent process is named", async () => {
    const parts = setup();
    const listed = parts.requests.sockets(everyone);
    const socket = (sid: string) => ({ sid, namespace: "/", rooms: [sid], publicData: {}, transport: "" });
    const handshake = { time: 0, address: "", secure: false, url: "", query: {}, headers: {} };
    const sockets = ["ada", "bob"].map((sid) => ({ ...socket(sid), handshake }));
    parts.answer("one", { type: "sockets", sockets: sockets.slice(0, 1) }, { isLast: false });
    parts.answer("one", { type: "sockets", sockets: sockets.slice(1) }, { isLast: false });
    parts.answer("one", { type: "done" });
    parts.clock.advance(2000);
    expect(await listed).toEqual({ sockets, missing: ["two"] });

    const counted = parts.requests.count(everyone);
    parts.answer("one", { type: "count", count: 2 });
    parts.answer("two", { type: "count", count: 40 });
    expect(await counted).toEqual({ count: 42, missing: [] });
  });

  it("of servers carry the name of each; nothing is awaited of those that are only told", () => {
    const parts = setup();
    parts.requests.tellServers("tidy", ["now"]);
    expect(parts.sent[0]).toMatchObject({ subject: everyProcess, question: { id: 0 } });
    expect(parts.pending.size).toBe(0);
    const heard: unknown[] = [];
    parts.requests.askServers("load", [], 500, {
      onReply: (label, reply) => heard.push([label, reply]),
      onEnd: (missing) => heard.push(missing),
    });
    expect(parts.sent[1]?.question.body).toEqual({ type: "server event", timeout: 500 });
    parts.answer("one", { type: "handled" }, { values: [0.5] });
    parts.answer("two", { type: "not handled", failure: "no handler" });
    expect(heard).toEqual([["one", { values: [0.5] }], ["two", { failure: "no handler" }], []]);
  });
});

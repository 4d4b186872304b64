import { expect, it } from "vitest";
import { ClusterEvents } from "../../../src/backplane/cluster/cluster-events.ts";
import { generateNodeId } from "../../../src/backplane/cluster/node-id.ts";
import type { ClusterWays, LocalClients } from "../../../src/backplane/cluster/ports.ts";
import { namespaceSubject, roomSubject } from "../../../src/backplane/cluster/subjects.ts";
import { decodeMessage, type EventMessage } from "../../../src/backplane/wire/envelope.ts";
import { ContextPropagation } from "../../../src/base/tracing/context-propagation.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";

const everyone = { namespace: "/", sid: null, rooms: null, skip: null };
const event = encodeEvent("/", ["news", 1]);

function setup(ordered: ClusterWays["ordered"] = null) {
  const node = generateNodeId();
  const sent: [subject: string, message: EventMessage][] = [];
  const delivered: unknown[] = [];
  const ignored: string[] = [];
  const clients: LocalClients = {
    deliver: (target, { body }, flags) => delivered.push([target.rooms, body, flags]),
    apply() {},
    inquireFor: () => () => {},
    describe: () => [],
    countHere: () => 0,
    onGap() {},
    roams: () => false,
    kept: () => null,
  };
  const contexts = new ContextPropagation();
  const events = new ClusterEvents(node, clients, {
    ordered,
    contexts,
    send(subject, bytes) {
      const message = decodeMessage(bytes, "another");
      if (message.type === "event") sent.push([subject, message]);
      return true;
    },
    onIgnored: (problem, details) => ignored.push(`${problem}: ${details}`),
  });
  return { events, node, contexts, sent, delivered, ignored };
}

it("go to the subject of a namespace, or of each room once", () => {
  const { events, sent } = setup();
  events.emit(everyone, event, {});
  events.emit({ ...everyone, rooms: ["a"] }, event, {});
  events.emit({ ...everyone, rooms: ["a", "b", "a"] }, event, {});
  expect(sent.map(([subject]) => subject)).toEqual([
    namespaceSubject("/"),
    roomSubject("/", "a"),
    roomSubject("/", "a"),
    roomSubject("/", "b"),
  ]);
  expect(sent.map(([, { id }]) => id)).toEqual([0, 0, 1, 1]);
});

it("are delivered once, though copies come on several subjects", () => {
  const { events: sender, sent } = setup();
  sender.emit({ ...everyone, rooms: ["a", "b"] }, event, { volatile: true });
  const { events, delivered } = setup();
  for (const [, message] of sent) events.deliver(message);
  expect(delivered).toEqual([[["a", "b"], event.body, { volatile: true, compress: true }]]);
});

it("are not delivered when clients must not get them", () => {
  const { events: sender, sent } = setup();
  sender.emit(everyone, encodeEvent("/other", ["news"]), {});
  const { events, delivered, ignored } = setup();
  for (const [, message] of sent) events.deliver(message);
  expect(delivered).toEqual([]);
  expect(ignored).toEqual([expect.stringMatching(/^unfit: an event for \/ is not sent on/)]);
});

it("go the ordered way when they are volatile and that takes them", () => {
  const passed: string[] = [];
  const way = {
    listener: null,
    pass: (namespace: string) => passed.push(namespace) > 0,
    hears: () => true,
  };
  const { events, sent } = setup(way);
  events.emit(everyone, event, { volatile: true });
  events.emit(everyone, event, {});
  expect(passed).toEqual(["/"]);
  expect(sent).toHaveLength(1);
});

it("carry the context of their sender, in which they are delivered", () => {
  const sender = setup();
  sender.contexts.propagator = { inject: () => ({ traceparent: "1" }), run: (_carrier, work) => work() };
  sender.events.emit(everyone, event, {});
  expect(sender.sent.map(([, { carrier }]) => carrier)).toEqual([{ traceparent: "1" }]);
  const { events, contexts, delivered } = setup();
  contexts.propagator = {
    inject: () => null,
    run(carrier, work) {
      delivered.push(carrier);
      return work();
    },
  };
  for (const [, message] of sender.sent) events.deliver(message);
  expect(delivered).toEqual([{ traceparent: "1" }, [null, event.body, { volatile: false, compress: true }]]);
});

import { describe, expect, it } from "vitest";
import { Cluster } from "../../../src/backplane/cluster/cluster.ts";
import { generateNodeId } from "../../../src/backplane/cluster/node-id.ts";
import type { OrderedWay } from "../../../src/backplane/cluster/ports.ts";
import {
  everyProcess,
  namespaceSubject,
  nodeSubject,
  roomSubject,
} from "../../../src/backplane/cluster/subjects.ts";
import { decodeMessage, encodeMessage, type HeartbeatMessage } from "../../../src/backplane/wire/envelope.ts";
import { signedMark } from "../../../src/backplane/wire/signed-messages.ts";
import { Trace } from "../../../src/base/trace.ts";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";
import { FakeBus } from "../../support/fake-bus.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeLocalClients } from "../../support/fake-local-clients.ts";
import { deferred } from "../../support/waiting.ts";

const everyone = everyoneIn("/");
const peer = generateNodeId();
const relay = { host: "10.0.0.2", port: 3000, key: new Uint8Array(32) };
const turn = () => new Promise(setImmediate);

/** A process on a bus that the test plays, and what it tells. */
function setup() {
  const bus = new FakeBus();
  const clock = new FakeClock();
  const clients = new FakeLocalClients();
  const told: string[] = [];
  const traced: string[] = [];
  const trace = new Trace();
  trace.listen((event) => {
    traced.push(event.type === "process left" ? `${event.type}: ${event.reason}` : event.type);
  });
  const owner = {
    onUp: () => told.push("up"),
    onDown: (error: unknown) => told.push(`down: ${error}`),
    onRefused: (error: unknown) => told.push(`refused: ${error}`),
    onIgnored: (problem: string, details: string) => told.push(`${problem}: ${details}`),
    onDropped() {},
    report: (error: unknown) => told.push(`error: ${error}`),
  };
  const cluster = new Cluster({ bus, clients, owner, clock, trace });
  /** The subjects of what was sent, each with the kind of the message. */
  const sent = () =>
    bus.sent.map(({ subject, message }) => {
      const read = decodeMessage(message, "another");
      return [subject, read.type === "heartbeat" ? read.occasion : read.type];
    });
  return { bus, clock, clients, told, traced, cluster, sent };
}

function heartbeat(occasion: HeartbeatMessage["occasion"], more: Partial<HeartbeatMessage> = {}): Uint8Array {
  const beat = { origin: peer, label: "peer:1", isServer: true, relay: null };
  return encodeMessage({ type: "heartbeat", ...beat, occasion, ...more });
}

/** The same, with another process that is known, and no greeting that others may still answer. */
async function acquainted() {
  const parts = setup();
  await parts.cluster.open();
  parts.bus.listener.onMessage(everyProcess, heartbeat("beat"));
  parts.clock.advance(300);
  await turn();
  parts.bus.sent.length = 0;
  return parts;
}

function eventFrom(origin: string, namespace = "/"): Uint8Array {
  const event = encodeEvent(namespace, ["news", 1]);
  const target = everyoneIn(namespace);
  return encodeMessage({ type: "event", origin, id: 0, target, volatile: false, compress: true, event });
}

describe("the other processes", () => {
  it("are greeted once the bus is up, and one that greets gets an answer of its own", async () => {
    const { bus, cluster, sent, traced } = setup();
    await cluster.open();
    expect([...bus.subjects]).toEqual([everyProcess, nodeSubject(cluster.node)]);
    expect(sent()).toEqual([[everyProcess, "hello"]]);
    bus.listener.onMessage(everyProcess, heartbeat("hello"));
    expect(sent().slice(1)).toEqual([[nodeSubject(peer), "beat"]]);
    expect(traced).toEqual(["backplane up", "process joined"]);
  });

  it("learn when this one serves clients, and where it takes their requests", async () => {
    const { bus, cluster } = await acquainted();
    cluster.serve();
    cluster.serve();
    cluster.announce(relay);
    const beats = bus.sent.map(({ message }) => decodeMessage(message, "another"));
    expect(beats).toMatchObject([
      { isServer: true, relay: null },
      { isServer: true, relay: { host: "10.0.0.2", port: 3000 } },
    ]);
  });

  it("are asked only where they serve clients, and reached only where they say", async () => {
    const { bus, cluster } = await acquainted();
    const emitter = generateNodeId();
    bus.listener.onMessage(everyProcess, heartbeat("beat", { origin: emitter, isServer: false }));
    bus.listener.onMessage(everyProcess, heartbeat("beat", { relay }));
    expect(cluster.nodes()).toEqual([peer]);
    expect(cluster.labelOf(peer)).toBe("peer:1");
    expect(cluster.addressOf(peer)).toMatchObject({ host: "10.0.0.2", port: 3000 });
    expect(cluster.addressOf(emitter)).toBeUndefined();
  });

  it("are not waited for once they leave, and are named as people call them", async () => {
    const { bus, clock, cluster, traced } = await acquainted();
    const silent = generateNodeId();
    bus.listener.onMessage(everyProcess, heartbeat("beat", { origin: silent, label: "silent:2" }));
    const calls = [cluster.count(everyone), cluster.sockets(everyone)];
    bus.listener.onMessage(everyProcess, heartbeat("goodbye"));
    for (const call of calls) expect(await settled(call)).toBe(false);
    // Both have begun to answer, so neither counts as silent before its heartbeats stop.
    for (const id of [1, 2]) {
      const part = { type: "answer", origin: silent, id, isLast: false, body: { type: "asking" } } as const;
      bus.listener.onMessage(nodeSubject(cluster.node), encodeMessage({ ...part, event: null }));
    }
    clock.advance(15_000);
    expect(await Promise.all(calls)).toMatchObject([
      { count: 0, missing: ["peer:1", "silent:2"] },
      { sockets: [], missing: ["peer:1", "silent:2"] },
    ]);
    expect(traced.filter((type) => type.startsWith("process left"))).toEqual([
      "process left: goodbye",
      "process left: silent",
    ]);
  });
});

describe("a bus that is lost", () => {
  it("ends all waits, tells what may be lost, and is silent until it is back", async () => {
    const { bus, clock, clients, cluster, sent, told } = await acquainted();
    bus.holdsConfirmations = true;
    cluster.onRoomOpen("/", "red");
    const waits = [cluster.subscribed("/", "red"), cluster.count(everyone)];
    bus.listener.onDown(new Error("gone"));
    expect(await Promise.all(waits)).toEqual([undefined, { count: 0, missing: ["peer:1"] }]);
    expect(cluster.subscribed("/", "red")).toBeNull();
    expect([told, clients.done]).toEqual([["up", "down: Error: gone"], [["gap"]]]);
    bus.sent.length = 0;
    clock.advance(5000);
    cluster.serve();
    expect([cluster.isReachable, sent()]).toEqual([false, []]);

    bus.listener.onUp();
    clock.advance(6000);
    expect(sent()[0]).toEqual([everyProcess, "hello"]);
    // It was silent only because it could not be heard.
    expect([cluster.isReachable, cluster.nodes()]).toEqual([true, [peer]]);
  });

  it("that cannot be opened at all ends all waits, and leaves the error to the caller", async () => {
    const { bus, cluster, told, traced } = setup();
    bus.refusal = new Error("a wrong password");
    bus.holdsConfirmations = true;
    const waits = [
      cluster.onNamespaceOpen("/"),
      cluster.publish({ type: "close room", namespace: "/", room: "red" }),
      cluster.count(everyone),
    ];
    await expect(cluster.open()).rejects.toThrow("a wrong password");
    expect(await Promise.all(waits)).toEqual([undefined, undefined, { count: 0, missing: [] }]);
    expect([told, traced]).toEqual([[], ["backplane down"]]);
  });

  it("tells which message it refused", async () => {
    const { bus, told } = await acquainted();
    bus.listener.onRefused(new Error("too large"));
    expect(told).toEqual(["up", "refused: Error: too large"]);
  });
});

describe("the end", () => {
  it("comes after operations that wait for the bus, says goodbye, and is told nothing more", async () => {
    const { bus, cluster, sent, told } = await acquainted();
    const up = deferred();
    bus.upWait = up.promise;
    const published = cluster.publish({ type: "close room", namespace: "/", room: "red" });
    const closed = cluster.close();
    await turn();
    expect(sent()).toEqual([]);
    up.resolve();
    await turn();
    expect(sent()).toEqual([[everyProcess, "question"]]);
    const done = { type: "answer", origin: peer, id: 1, isLast: true, body: { type: "done" } } as const;
    bus.listener.onMessage(nodeSubject(cluster.node), encodeMessage({ ...done, event: null }));
    await Promise.all([published, closed]);
    expect(sent().slice(1)).toEqual([[everyProcess, "goodbye"]]);
    bus.listener.onDown(new Error("closed"));
    bus.listener.onUp();
    await cluster.close();
    expect([told, bus.closings]).toEqual([["up"], 1]);
  });

  it("ends all waits", async () => {
    const { bus, cluster } = await acquainted();
    bus.holdsConfirmations = true;
    const waits = [cluster.onNamespaceOpen("/"), cluster.count(everyone)];
    await cluster.close();
    expect(await Promise.all(waits)).toEqual([undefined, { count: 0, missing: ["peer:1"] }]);
  });
});

describe("the subjects of clients", () => {
  it("are waited for until the bus confirms them, or for two seconds", async () => {
    const { bus, clock, cluster } = await acquainted();
    bus.holdsConfirmations = true;
    const opened = cluster.onNamespaceOpen("/");
    cluster.onRoomOpen("/", "red");
    bus.confirm(namespaceSubject("/"));
    await opened;
    expect(cluster.onNamespaceOpen("/")).toBeNull();
    const subscribed = cluster.subscribed("/", "red");
    clock.advance(1999);
    expect(await settled(subscribed)).toBe(false);
    clock.advance(1);
    expect(await settled(subscribed)).toBe(true);
  });

  it("are left five seconds after the last client of the room or namespace", async () => {
    const { bus, clock, cluster } = await acquainted();
    cluster.onNamespaceOpen("/");
    cluster.onRoomOpen("/", "red");
    const subjects = [namespaceSubject("/"), roomSubject("/", "red")];
    cluster.onRoomEmpty("/", "red");
    cluster.onNamespaceEmpty("/");
    clock.advance(4999);
    expect([...bus.subjects]).toEqual(expect.arrayContaining(subjects));
    clock.advance(1);
    expect([...bus.subjects]).toEqual([everyProcess, nodeSubject(cluster.node)]);
  });
});

describe("a message", () => {
  it("of this process itself is left alone, and one of no process is ignored", async () => {
    const { bus, clients, cluster, told } = await acquainted();
    bus.listener.onMessage(namespaceSubject("/"), eventFrom(cluster.node));
    bus.listener.onMessage(namespaceSubject("/"), eventFrom("no process"));
    bus.listener.onMessage(namespaceSubject("/"), eventFrom(peer));
    expect(clients.done).toEqual([["event", "everyone", "news", 1, { volatile: false, compress: true }]]);
    expect(told.slice(1)).toEqual(["unreadable: a message of no process"]);
  });

  it("that cannot be read is ignored, and one with a signature named as such", async () => {
    const { bus, told } = await acquainted();
    const bytes = [Uint8Array.of(signedMark, 1), Uint8Array.of(), Uint8Array.of(1, 99, 0)];
    for (const message of bytes) bus.listener.onMessage(everyProcess, message);
    expect(told.slice(1).map((line) => line.slice(0, line.indexOf(":")))).toEqual([
      "signed",
      "unreadable",
      "unreadable",
    ]);
  });

  it("whose handling fails does not end the process", async () => {
    const { bus, clients, told } = await acquainted();
    clients.deliver = () => {
      throw new Error("a fault of this process");
    };
    bus.listener.onMessage(namespaceSubject("/"), eventFrom(peer));
    expect(told.slice(1)).toEqual(["unreadable: Error: a fault of this process"]);
  });
});

describe("the ordered way", () => {
  function way(): OrderedWay {
    return { listener: null, pass: () => true, hears: () => true };
  }

  it("brings events of its own namespace, and of no other", async () => {
    const { clients, cluster, told } = await acquainted();
    const ordered = way();
    cluster.order(ordered);
    ordered.listener?.onPassed(eventFrom(peer), "/");
    ordered.listener?.onPassed(eventFrom(peer, "/chat"), "/");
    expect(clients.done).toHaveLength(1);
    expect(told.slice(1)).toEqual(["misplaced: event among the events of another namespace"]);
  });

  it("brings the copy of a question, which is then answered, or breaks, and it is answered at once", async () => {
    const { bus, clients, cluster } = await acquainted();
    const ordered = way();
    cluster.order(ordered);
    const ask = (id: number, room: string) => {
      const operation = { type: "join", target: everyone, rooms: [room] };
      const body = { type: "operation", operation, passedIn: "/" };
      const question = encodeMessage({ type: "question", origin: peer, id, body, event: null });
      bus.listener.onMessage(everyProcess, question);
      return question;
    };
    const copy = ask(1, "red");
    expect(clients.done).toEqual([]);
    ordered.listener?.onPassed(copy, "/");
    expect(clients.done).toEqual([["join", "everyone", "red"]]);
    ask(2, "blue");
    ordered.listener?.onPassedBreak("/");
    expect(clients.done.slice(1)).toEqual([["join", "everyone", "blue"]]);
  });
});

/** Whether a promise has settled by now. */
async function settled(promise: Promise<unknown> | null): Promise<boolean> {
  let is = false;
  void promise?.then(() => {
    is = true;
  });
  await turn();
  return is;
}

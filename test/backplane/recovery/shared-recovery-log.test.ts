import { beforeEach, describe, expect, it } from "vitest";
import { recordKeyOf } from "../../../src/backplane/recovery/session-state.ts";
import { everyoneIn } from "../../../src/core/model/target.ts";
import type { Socket } from "../../../src/core/socket/socket.ts";
import { Turn } from "../../../src/core/socket/turn.ts";
import type { FakeClock } from "../../support/fake-clock.ts";
import type { FakeStreamBroker } from "../../support/fake-stream-link.ts";
import { type RecoveryNode, TestClient } from "../../support/recovery-node.ts";
import { settle } from "../../support/stream-node.ts";
import { twoNodes } from "./two-nodes.ts";

const name = "app{%2F}";

let clock: FakeClock;
let broker: FakeStreamBroker;
let one: RecoveryNode;
let two: RecoveryNode;
let ann: TestClient;

beforeEach(async () => {
  ({ clock, broker, one, two, ann } = await twoNodes());
});

const recordOf = (client: TestClient) => broker.record(name, recordKeyOf(client.pid));

describe("clients that are here", () => {
  it("get what any node sends to them, in one order", async () => {
    const bob = new TestClient("bob");
    one.arrive(ann);
    two.arrive(bob);
    one.join(ann, "red");
    two.join(bob, "red");
    await settle();
    one.send(1);
    two.send(2, ["red"]);
    await settle();
    one.send(3, ["bob"]);
    two.send(4, ["red"], ["bob"]);
    await settle();
    expect(ann.got).toEqual([1, 2, 4]);
    expect(bob.got).toEqual([1, 2, 3]);
  });

  it("get events of other nodes after listeners have been told of them", async () => {
    one.arrive(ann);
    two.arrive(new TestClient("bob"));
    await settle();
    one.send(1);
    two.send(2);
    await settle();
    expect([one.foreign, two.foreign].map((told) => told.map((text) => /\d+(?=\])/.exec(text)?.[0]))).toEqual(
      [["2"], ["1"]],
    );
  });

  it("get events of other nodes within the context and the trace of their sender", async () => {
    const bob = new TestClient("bob");
    one.arrive(ann);
    two.arrive(bob);
    await settle();
    const told: unknown[] = [];
    two.operations.contexts.propagator = {
      inject: () => null,
      run(carrier, work) {
        told.push(carrier);
        return work();
      },
    };
    two.operations.broadcasts.observe({
      end: ({ event, remote, clients }) => told.push({ event, remote, clients }),
    });
    const carrier = { traceparent: "1" };
    one.log.append({ target: everyoneIn("/"), event: "said", values: [1], flags: {}, carrier });
    two.send(2);
    await settle();
    expect(told).toEqual([{ traceparent: "1" }, { event: "said", remote: true, clients: 1 }]);
    expect(bob.got).toEqual([1, 2]);
  });

  it("that join a room get later events there, and none that is on its way", async () => {
    one.arrive(ann);
    await settle();
    one.send("before", ["red"]);
    one.join(ann, "red");
    one.send("after", ["red"]);
    await settle();
    expect(ann.got).toEqual(["after"]);
  });

  it("that leave a room still get what was on its way there, and nothing later", async () => {
    one.arrive(ann);
    one.join(ann, "red");
    await settle();
    one.send("before", ["red"]);
    one.leave(ann, "red");
    one.send("after", ["red"]);
    await settle();
    expect(ann.got).toEqual(["before"]);
  });

  it("that leave a room while another node's event for it is on its way do not get that", async () => {
    one.arrive(ann);
    one.join(ann, "red");
    await settle();
    one.leave(ann, "red");
    two.send("of another node", ["red"]);
    await settle();
    expect(ann.got).toEqual([]);
  });

  it("get an event of another node by their rooms now, also while own events are on their way", async () => {
    const bob = new TestClient("bob");
    one.arrive(ann);
    one.arrive(bob);
    one.join(bob, "red");
    await settle();
    one.link.requests.hold();
    one.send("own", ["blue"]);
    one.join(ann, "red");
    two.send("of another node", ["red"]);
    await settle();
    expect([ann.got, bob.got]).toEqual([["of another node"], ["of another node"]]);
  });

  it("get events that come after a lost connection as they were when these were sent", async () => {
    const bob = new TestClient("bob");
    one.arrive(ann);
    one.join(ann, "red");
    await settle();
    await one.lose();
    two.send("missed", ["red"]);
    await settle();
    one.arrive(bob);
    one.join(bob, "red");
    await one.connect();
    expect(ann.got).toEqual(["missed"]);
    // Bob came later.
    expect(bob.got).toEqual([]);
  });

  it("have to begin again when the stream does not reach back", async () => {
    one.arrive(ann);
    await settle();
    await one.lose();
    two.send("gone");
    await settle();
    broker.trim(name, 1);
    await one.connect();
    expect(one.heard).toEqual(["broken ann"]);
    two.send("next");
    await settle();
    expect(ann.got).toEqual([]);
  });
});

describe("a client that comes back", () => {
  it("finds in another node all that it missed, once and in order, and gets what follows", async () => {
    one.arrive(ann);
    one.join(ann, "red");
    await settle();
    one.send(1);
    await settle();
    one.drop(ann);
    two.send(2, ["red"]);
    two.send("not for her", ["blue"]);
    one.send(3, ["ann"]);
    await settle();
    expect(await two.resume(ann)).toBe("recovered");
    two.send(4);
    one.send(5, ["red"]);
    await settle();
    expect(ann.got).toEqual([1, 2, 3, 4, 5]);
    expect(two.log.rooms(two.session(ann))).toEqual(["red"]);
  });

  it("finds what was sent to a room until it left that, and nothing from before it joined", async () => {
    one.arrive(ann);
    one.send("too early", ["red"]);
    await settle();
    one.join(ann, "red");
    await settle();
    one.send("in time", ["red"]);
    await settle();
    ann.got.length = 0;
    one.leave(ann, "red");
    one.send("too late", ["red"]);
    await settle();
    one.drop(ann);
    expect(await two.resume(ann, { cursor: null })).toBe("recovered");
    expect(ann.got).toEqual(["in time"]);
  });

  it("to the node that it was in finds the same", async () => {
    one.arrive(ann);
    await settle();
    one.drop(ann);
    two.send(1);
    await settle();
    expect(await one.resume(ann)).toBe("recovered");
    one.send(2);
    await settle();
    expect(ann.got).toEqual([1, 2]);
  });

  it("keeps what handlers have kept of it", async () => {
    one.arrive(ann).data = { name: "Ann" };
    await settle();
    one.drop(ann);
    await settle();
    await two.resume(ann);
    expect(two.session(ann).data).toEqual({ name: "Ann" });
  });

  it("is taken from the node that still believes it there", async () => {
    one.arrive(ann);
    await settle();
    expect(await two.resume(ann)).toBe("recovered");
    await settle();
    expect(one.heard).toEqual(["taken ann"]);
    two.send("once");
    await settle();
    expect(ann.got).toEqual(["once"]);
  });

  it("is not found when the broker no longer keeps it, or never did", async () => {
    expect(await two.resume(ann)).toBe("unknown");
    expect(await two.find(ann)).toBeNull();
    one.arrive(ann);
    await settle();
    one.close(ann);
    await settle();
    expect(recordOf(ann)).toBeUndefined();
    expect(await two.resume(ann)).toBe("unknown");
  });

  it("is known, and has missed too much, when events are gone that it missed", async () => {
    one.arrive(ann);
    await settle();
    one.drop(ann);
    for (const value of [1, 2, 3]) two.send(value);
    await settle();
    broker.trim(name, 2);
    expect((await two.find(ann))?.isWhole).toBe(false);
    expect(await two.resume(ann)).toBe("incomplete");
    expect(ann.got).toEqual([]);
  });

  it("has missed too much when an event for it got no offset, and then only for rooms that it was in", async () => {
    const bob = new TestClient("bob");
    one.arrive(ann);
    one.join(ann, "red");
    one.arrive(bob);
    await settle();
    for (const client of [ann, bob]) one.drop(client);
    await settle();
    two.log.lose({ namespace: "/", sid: null, rooms: ["red"], skip: null });
    two.stream.tick();
    await settle();
    expect(await two.resume(ann)).toBe("incomplete");
    expect(await two.resume(bob)).toBe("recovered");
  });

  it("has missed too much when its node delivered events without offsets", async () => {
    one.arrive(ann);
    await settle();
    await one.lose();
    one.stream.detach();
    one.send("here only");
    expect(ann.got).toEqual(["here only"]);
    one.drop(ann);
    await one.connect();
    expect(await two.resume(ann)).not.toBe("recovered");
  });

  it("that loses an event while it is here has to begin again when it comes back", async () => {
    one.arrive(ann);
    await settle();
    two.log.lose({ namespace: "/", sid: null, rooms: null, skip: null });
    two.stream.tick();
    await settle();
    one.drop(ann);
    await settle();
    expect(await two.resume(ann)).not.toBe("recovered");
  });

  it("has to begin again after a gap", async () => {
    one.arrive(ann);
    await settle();
    broker.publish(`${name}:b`, Buffer.from("g"));
    await settle();
    expect(one.heard).toEqual(["broken ann"]);
    expect(recordOf(ann)).toBeUndefined();
  });

  it("can come back for as long as it may be away, and while it is here its record stays", async () => {
    one.arrive(ann);
    for (let minutes = 0; minutes < 10; minutes += 1) {
      clock.advance(60_000);
      await settle();
    }
    expect(recordOf(ann)).toBeDefined();
    one.drop(ann);
    await settle();
    clock.advance(60_000);
    expect(recordOf(ann)).toBeDefined();
    clock.advance(2000);
    expect(recordOf(ann)).toBeUndefined();
  });
});

describe("events on their way", () => {
  it("are listed for the clients that were in their rooms, with the turns behind them", async () => {
    const bob = new TestClient("bob");
    one.arrive(ann);
    one.arrive(bob);
    one.join(ann, "red");
    await settle();
    one.link.requests.hold();
    one.send(1, ["red"]);
    const turn = new Turn([{} as Socket], () => {});
    one.log.follow(turn);
    one.leave(ann, "red");
    one.join(bob, "red");
    one.send(2, ["red"]);
    const listed = (client: TestClient | null) =>
      [...one.log.underWay(client === null ? null : one.session(client))].map((item) =>
        item === turn ? "turn" : "event" in item ? JSON.parse(item.event.body)[1] : null,
      );
    expect(listed(null)).toEqual([1, "turn", 2]);
    expect(listed(ann)).toEqual([1, "turn"]);
    expect(listed(bob)).toEqual(["turn", 2]);
    expect(one.log.isBehind).toBe(true);
  });

  it("come twice to no client when the broker had kept them before the node gave up", async () => {
    one.arrive(ann);
    await settle();
    one.link.answers.hold();
    one.link.messages.hold();
    one.send("once");
    await settle();
    await one.lose();
    one.stream.detach();
    expect(ann.got).toEqual(["once"]);
    await one.connect();
    expect(ann.got).toEqual(["once"]);
  });
});

describe("the end of a log", () => {
  it("lets the node hear no more of the namespace, and clients may still come back to others", async () => {
    one.arrive(ann);
    await settle();
    one.drop(ann);
    await settle();
    one.log.end();
    expect(one.heard).toEqual(["end"]);
    expect(one.stream.isUnused).toBe(true);
    two.send(1);
    await settle();
    expect(await two.resume(ann)).toBe("recovered");
    expect(ann.got).toEqual([1]);
  });

  it("waits for the records of clients", async () => {
    one.arrive(ann);
    one.link.answers.hold();
    await settle();
    let isDrained = false;
    void one.log.drained().then(() => {
      isDrained = true;
    });
    await settle();
    expect(isDrained).toBe(false);
    one.link.answers.release();
    await settle();
    expect(isDrained).toBe(true);
  });
});

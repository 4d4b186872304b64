import { beforeEach, describe, expect, it } from "vitest";
import type { FakeClock } from "../../support/fake-clock.ts";
import type { FakeStreamBroker } from "../../support/fake-stream-link.ts";
import { type RecoveryNode, TestClient } from "../../support/recovery-node.ts";
import { settle } from "../../support/stream-node.ts";
import { connectedNode, twoNodes } from "./two-nodes.ts";

let clock: FakeClock;
let broker: FakeStreamBroker;
let one: RecoveryNode;
let two: RecoveryNode;
let ann: TestClient;

beforeEach(async () => {
  ({ clock, broker, one, two, ann } = await twoNodes());
  one.arrive(ann);
  one.join(ann, "red");
  await settle();
});

/** The connection of the client to the first node breaks. */
async function away(): Promise<void> {
  one.drop(ann);
  await settle();
}

describe("an event that is sent while a client comes back", () => {
  it("comes once, at every point of the way", async () => {
    await away();
    two.link.answers.hold();
    const resumed = two.resume(ann);
    const sent: number[] = [];
    let isDone = false;
    void resumed.then(() => {
      isDone = true;
    });
    for (let value = 1; value < 50 && !isDone; value += 1) {
      one.send(value, ["red"]);
      sent.push(value);
      await settle();
      two.link.answers.step();
      await settle();
    }
    expect(await resumed).toBe("recovered");
    two.link.answers.release();
    one.send("last");
    await settle();
    expect(sent.length).toBeGreaterThan(3);
    expect(ann.got).toEqual([...sent, "last"]);
  });

  it("comes once when it is both received and read", async () => {
    await away();
    const resumed = two.resume(ann);
    two.link.requests.hold();
    for (let value = 1; value < 20; value += 1) {
      one.send(value, ["red"]);
      await settle();
      two.link.requests.step();
      await settle();
    }
    two.link.requests.release();
    expect(await resumed).toBe("recovered");
    await settle();
    expect(ann.got).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
  });

  it("comes once when messages are slower than answers", async () => {
    await away();
    one.send("missed");
    await settle();
    two.link.messages.hold();
    const resumed = two.resume(ann);
    await settle();
    one.send("meantime", ["ann"]);
    await settle();
    two.link.messages.release();
    expect(await resumed).toBe("recovered");
    one.send("later");
    await settle();
    expect(ann.got).toEqual(["missed", "meantime", "later"]);
  });
});

describe("two connections that come back as one client", () => {
  it("do so one after the other, and the later one finds the client there", async () => {
    await away();
    const answers = await Promise.all([two.resume(ann), two.resume(ann)]);
    expect(answers).toEqual(["recovered", "incomplete"]);
  });

  it("at two nodes: one of them has the client, and the other one lost it", async () => {
    await away();
    const three = await connectedNode({ broker, clock, node: "three" });
    const answers = await Promise.all([two.resume(ann), three.resume(ann)]);
    await settle();
    expect(answers).toContain("recovered");
    const taken = [two, three].filter(({ heard }) => heard.includes("taken ann"));
    expect(taken).toHaveLength(answers.filter((answer) => answer === "recovered").length - 1);
    ann.got.length = 0;
    one.send("once");
    await settle();
    expect(ann.got).toEqual(["once"]);
  });
});

describe("a broker that is lost while a client comes back", () => {
  it("is asked again, and the client finds the same", async () => {
    await away();
    one.send("missed");
    await settle();
    two.link.answers.hold();
    const resumed = two.resume(ann);
    await settle();
    two.link.answers.step();
    await settle();
    await two.lose();
    await two.connect();
    expect(await resumed).toBe("recovered");
    one.send("later");
    await settle();
    expect(ann.got).toEqual(["missed", "later"]);
  });

  it("three times is given up: the client has to begin again", async () => {
    await away();
    const resumed = two.resume(ann);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      two.link.answers.hold();
      await settle();
      await two.lose();
      if (attempt < 3) {
        const link = await two.attach();
        link.answers.hold();
        for (let answer = 0; answer < 2; answer += 1) {
          await settle();
          link.answers.step();
        }
      }
    }
    await two.connect();
    expect(["incomplete", "unknown"]).toContain(await resumed);
    expect(ann.got).toEqual([]);
  });

  it("for good ends the attempt when the node gives up", async () => {
    await away();
    await two.lose();
    const resumed = two.resume(ann);
    const found = two.find(ann);
    await settle();
    two.stream.detach();
    expect(await resumed).toBe("unknown");
    expect(await found).toBeNull();
  });

  it("leaves a client of this node known, without what it missed", async () => {
    await away();
    await one.lose();
    one.stream.detach();
    const found = await one.find(ann);
    expect([found?.sid, found?.rooms, found?.isWhole]).toEqual(["ann", ["red"], false]);
    expect(await one.resume(ann)).toBe("incomplete");
  });
});

describe("where a client has come", () => {
  it("is what it says, within what the stream knows", async () => {
    one.send(1);
    await settle();
    const cursor = ann.cursor;
    one.send(2);
    await settle();
    ann.got.length = 0;
    await away();
    expect(await two.resume(ann, { cursor })).toBe("recovered");
    expect(ann.got).toEqual([2]);
  });

  it("is the start of its session when it says nothing, or names another epoch", async () => {
    const bob = new TestClient("bob");
    one.send("before bob");
    await settle();
    one.arrive(bob);
    await settle();
    one.send("for bob");
    await settle();
    one.drop(bob);
    bob.got.length = 0;
    await settle();
    expect(await two.resume(bob, { cursor: { epoch: "other", number: 99 } })).toBe("recovered");
    expect(bob.got).toEqual(["for bob"]);
  });

  it("cannot be further than the stream", async () => {
    await away();
    const cursor = { epoch: two.stream.sync.epoch, number: 99 };
    expect((await two.find(ann, cursor))?.isWhole).toBe(false);
    expect(await two.resume(ann, { cursor })).toBe("incomplete");
  });

  it("needs no events that were trimmed while nothing was for the client", async () => {
    one.send("seen");
    await settle();
    await away();
    for (let count = 0; count < 5; count += 1) two.send("elsewhere", ["blue"]);
    await settle();
    expect(await two.resume(ann)).toBe("recovered");
    await settle();
    for (let count = 0; count < 5; count += 1) one.send("elsewhere", ["blue"]);
    await settle();
    two.stream.tick();
    await settle();
    two.drop(ann);
    await settle();
    broker.trim("app{%2F}", two.stream.offset);
    one.send("missed");
    await settle();
    expect(await one.resume(ann)).toBe("recovered");
    expect(ann.got).toEqual(["seen", "missed"]);
  });
});

describe("a draft that has stood for the client", () => {
  it("gives it what was sent to the draft, and its rooms from when it was in them", async () => {
    await away();
    const draft = new TestClient("draft");
    const session = two.arrive(draft, true);
    await settle();
    one.send("too early", ["blue"]);
    await settle();
    two.join(draft, "blue");
    await settle();
    one.send("for the room of the draft", ["blue"]);
    one.send("for the draft", ["draft"]);
    await settle();
    two.log.close(session);
    two.arrive(draft, true);
    two.join(draft, "blue");
    await settle();
    one.send("for both", ["blue", "red"]);
    await settle();
    const again = two.session(draft);
    expect(await two.resume(ann, { draft: again })).toBe("recovered");
    expect(ann.got).toEqual(["for both"]);
    expect(two.log.rooms(two.session(ann)).sort()).toEqual(["blue", "red"]);
  });

  it("keeps the draft's own sid as a room only when something was sent there", async () => {
    await away();
    const draft = new TestClient("draft");
    two.arrive(draft, true);
    await settle();
    one.send("for the draft", ["draft"]);
    await settle();
    expect(await two.resume(ann, { draft: two.session(draft) })).toBe("recovered");
    expect(ann.got).toEqual(["for the draft"]);
    expect(two.log.rooms(two.session(ann)).sort()).toEqual(["draft", "red"]);
  });
});

it("reports an error of what a client finds, and goes on", async () => {
  await away();
  two.log.resume(ann.pid, null, null, () => {
    throw new Error("thrown by the namespace");
  });
  two.log.find(ann.pid, null, () => {
    throw new Error("thrown by the namespace, too");
  });
  await settle();
  expect(two.told.filter((text) => text.startsWith("error")).sort()).toEqual([
    "error: thrown by the namespace",
    "error: thrown by the namespace, too",
  ]);
});

import { beforeEach, describe, expect, it } from "vitest";
import { SessionRecords } from "../../../src/backplane/recovery/session-records.ts";
import { recordKeyOf, SessionState } from "../../../src/backplane/recovery/session-state.ts";
import type { StreamListener } from "../../../src/backplane/stream/event-stream.ts";
import { MembershipHistory } from "../../../src/core/recovery/membership-history.ts";
import type { RecoverySession, SharedLogOwner } from "../../../src/core/recovery/recovery-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FakeBrokerOptions, FakeStreamBroker } from "../../support/fake-stream-link.ts";
import { bounds, TestClient } from "../../support/recovery-node.ts";
import { eventFor, StreamNode, settle } from "../../support/stream-node.ts";

/** Hears of events, and does nothing. */
const quiet: StreamListener = {
  onEvent() {},
  onUnsequenced() {},
  onRefused() {},
  onLoss() {},
  onGap: () => Promise.resolve(),
  onTaken() {},
  onBreak() {},
  onUp() {},
  onDetached() {},
};

interface Session extends RecoverySession {
  data: Record<string, unknown>;
}

const name = "app{%2F}";
const ann = new TestClient("ann");
const key = recordKeyOf(ann.pid);

/** A node with the records of its clients. */
class Site extends StreamNode {
  readonly lost: string[] = [];
  readonly records: SessionRecords<Session>;

  constructor(broker: FakeStreamBroker, clock: FakeClock, node: string) {
    super({ broker, clock, node });
    const owner: Partial<SharedLogOwner<Session>> = {
      describe: ({ data }) => ({ data, publicData: {}, visitor: null, ends: null }),
      revive: (session, { data }) => ({ ...session, data: data ?? {} }),
      onTaken: ({ sid }) => this.lost.push(sid),
      report: (error) => this.report(error),
    };
    this.records = new SessionRecords(this.stream, owner as SharedLogOwner<Session>, bounds, { node, clock });
  }

  /** A client comes for the first time. */
  arrive(data: Record<string, unknown> = {}): SessionState<Session> {
    const where = new MembershipHistory(ann.sid);
    const client = new SessionState<Session>({ pid: ann.pid, sid: ann.sid, data }, where, 1, false);
    this.records.add(client);
    this.records.channels.listen(client);
    this.records.settle(client, (offset) => where.begin(offset), undefined);
    this.records.save(client);
    return client;
  }
}

let clock: FakeClock;
let broker: FakeStreamBroker;
let one: Site;
let two: Site;

async function start(options: FakeBrokerOptions = {}): Promise<void> {
  clock = new FakeClock();
  broker = new FakeStreamBroker(clock, options);
  [one, two] = [new Site(broker, clock, "one"), new Site(broker, clock, "two")];
  await one.connect();
  await two.connect();
}

beforeEach(() => start());

const saves = () => broker.calls.filter((call) => call === "save").length;
const dataOf = () => JSON.parse(broker.record(name, key)?.json ?? "{}").data;

describe("a record", () => {
  it("is written once for all changes of one turn", async () => {
    const client = one.arrive({ step: 1 });
    client.session.data = { step: 2 };
    one.records.save(client);
    one.records.save(client);
    await settle();
    expect([saves(), dataOf()]).toEqual([1, { step: 2 }]);
  });

  it("is written again when something changes while it is being written", async () => {
    const client = one.arrive({ step: 1 });
    await settle();
    one.link.answers.hold();
    client.session.data = { step: 2 };
    one.records.save(client);
    await settle();
    client.session.data = { step: 3 };
    one.records.save(client);
    await settle();
    expect(dataOf()).toEqual({ step: 2 });
    one.link.answers.release();
    await settle();
    expect([dataOf(), client.saving, client.isDirty]).toEqual([{ step: 3 }, null, false]);
  });

  it("is written only when this node hears all channels of the client", async () => {
    const client = one.arrive();
    await settle();
    one.link.answers.hold();
    client.where.join("red")(0);
    one.stream.channels.hold(`${name}:r:red`);
    one.records.save(client);
    await settle();
    expect(saves()).toBe(1);
    one.link.answers.release();
    await settle();
    expect(saves()).toBe(2);
  });

  it("says up to which offset it is known which events were for the client", async () => {
    const client = one.arrive();
    await settle();
    one.stream.listener = quiet;
    two.stream.publisher.append(eventFor(["ann"], "for her"));
    two.stream.publisher.append(eventFor(["elsewhere"], "not for her"));
    await settle();
    one.stream.tick();
    await settle();
    one.records.save(client);
    await settle();
    const found = await two.records.find(ann.pid);
    expect([found?.where.last, found?.through]).toEqual([1, 2]);
  });

  it("is deleted again when the client is tainted during the first write", async () => {
    one.link.answers.hold();
    const client = one.arrive();
    for (let answer = 0; answer < 10 && saves() === 0; answer += 1) {
      one.link.answers.step();
      await settle();
    }
    await one.records.taint(client);
    expect(broker.record(name, key)).toBeDefined();
    one.link.answers.release();
    await settle();
    expect(broker.record(name, key)).toBeUndefined();
  });

  it("is never written for a draft", async () => {
    const draft = new SessionState<Session>({ ...ann, data: {} }, new MembershipHistory("ann"), 1, false);
    draft.isDraft = true;
    one.records.add(draft);
    one.records.save(draft);
    await settle();
    expect([saves(), one.records.ofRecord(key)]).toEqual([0, undefined]);
  });

  it("is written when there is a connection again, with the changes of rooms that were lost", async () => {
    const client = one.arrive();
    await settle();
    one.link.requests.hold();
    client.where.join("red")(0);
    one.records.save(client);
    await settle();
    await one.lose();
    await one.connect();
    one.records.save(client);
    await settle();
    expect((await two.records.find(ann.pid))?.where.rooms).toEqual(["red"]);
  });

  it("is written although the first answer was lost", async () => {
    one.link.answers.hold();
    const client = one.arrive();
    for (let answer = 0; answer < 10 && saves() === 0; answer += 1) {
      one.link.answers.step();
      await settle();
    }
    expect(saves()).toBe(1);
    await one.lose();
    expect(client.isStored).toBe(false);
    await one.connect();
    client.session.data = { step: 2 };
    one.records.save(client);
    await settle();
    expect([dataOf(), client.isStored, one.lost]).toEqual([{ step: 2 }, true, []]);
  });

  it("that cannot be written as text is reported, and the client has to begin again", async () => {
    const client = one.arrive();
    await settle();
    client.session.data = { big: 1n };
    one.records.save(client);
    await settle();
    expect(one.told.at(-1)).toMatch(/^error: .*BigInt/);
    expect([client.isTainted, broker.record(name, key)]).toEqual([true, undefined]);
  });

  it("that is too large is given up and told, and what was kept of the client goes", async () => {
    await start({ maxBytes: 1000 });
    const client = one.arrive();
    await settle();
    client.session.data = { text: "x".repeat(2000) };
    one.records.save(client);
    await settle();
    expect(one.told.at(-1)).toMatch(/^client not kept/);
    expect([client.isTainted, broker.record(name, key), one.stream.sync.isUp]).toEqual([
      true,
      undefined,
      true,
    ]);
  });

  it("that ends three connections is not sent a fourth time", async () => {
    await start({ maxBytes: 1000, onTooLarge: "disconnect" });
    const client = one.arrive({ text: "x".repeat(2000) });
    for (let connection = 1; connection <= 4; connection += 1) {
      await settle();
      if (one.stream.sync.isUp) break;
      await one.connect();
      one.records.save(client);
    }
    expect(saves()).toBe(3);
    expect(client.isTainted).toBe(true);
    expect(one.told).toContainEqual(expect.stringMatching(/^client not kept: .*ended several connections/));
  });
});

describe("waiting for a record", () => {
  it("ends when it is written, and there is nothing to wait for then", async () => {
    one.link.answers.hold();
    const client = one.arrive();
    const kept = one.records.kept(client);
    expect(kept).toBeInstanceOf(Promise);
    one.link.answers.release();
    await kept;
    expect(dataOf()).toEqual({});
    await settle();
    expect(one.records.kept(client)).toBeNull();
    expect(one.records.kept(undefined)).toBeNull();
  });

  it("ends after 2 s, or when the node gives the broker up", async () => {
    const ends: string[] = [];
    one.link.answers.hold();
    const client = one.arrive();
    void one.records.kept(client)?.then(() => ends.push("time"));
    for (let step = 0; step < 30; step += 1) {
      clock.advance(100);
      await settle();
    }
    expect(ends).toEqual(["time"]);
    void one.records.kept(client)?.then(() => ends.push("given up"));
    one.records.giveUpWaiting();
    await settle();
    expect(ends).toEqual(["time", "given up"]);
  });
});

describe("a client that another node claims", () => {
  it("is the other node's alone: the first one cannot write its record any more, and is told", async () => {
    const client = one.arrive({ step: 1 });
    await settle();
    one.link.messages.hold();
    const claimed = (await two.records.claim(ann.pid))?.client;
    expect([claimed?.generation, claimed?.session.data]).toEqual([2, { step: 1 }]);
    client.session.data = { step: "late" };
    one.records.save(client);
    await settle();
    expect(one.lost).toEqual(["ann"]);
    expect(one.records.get(ann.pid)).toBeUndefined();
    expect(dataOf()).toEqual({ step: 1 });
    await one.records.drop(client);
    expect(broker.record(name, key)).toMatchObject({ generation: 2, node: "two" });
  });

  it("goes on from where it was: rooms, offsets and generation", async () => {
    const client = one.arrive();
    await settle();
    for (const room of ["red", "blue", "green"]) client.where.join(room)(0);
    client.where.leave("red")(0);
    one.records.save(client);
    await settle();
    const claimed = (await two.records.claim(ann.pid))?.client;
    expect(claimed?.where.rooms).toEqual(["blue", "green"]);
    expect(two.records.ofRecord(key)).toBe(claimed);
    const back = await one.records.claim(ann.pid);
    expect(back?.client.generation).toBe(3);
  });

  it("is not written by its own node while that claims it back", async () => {
    const client = one.arrive({ step: 1 });
    await settle();
    one.records.channels.unlisten(client);
    one.link.answers.hold();
    const claiming = one.records.claim(ann.pid);
    client.session.data = { step: 2 };
    one.records.save(client);
    await settle();
    expect(saves()).toBe(1);
    one.link.answers.release();
    expect((await claiming)?.client.generation).toBe(2);
    one.records.save(client);
    await settle();
    expect([dataOf(), one.lost]).toEqual([{ step: 2 }, []]);
  });

  it("is not written after a claim where nothing has changed, and its record is young", async () => {
    one.arrive({ step: 1 });
    await settle();
    const claimed = await two.records.claim(ann.pid);
    if (claimed === null) throw new Error("It was not claimed.");
    two.records.channels.listen(claimed.client);
    await settle();
    two.records.save(claimed.client, claimed.json);
    await settle();
    expect([saves(), two.records.kept(claimed.client)]).toEqual([1, null]);
    claimed.client.session.data = { step: 2 };
    two.records.save(claimed.client, claimed.json);
    await settle();
    expect([saves(), dataOf()]).toEqual([2, { step: 2 }]);
    claimed.client.where.join("red")(0);
    two.records.save(claimed.client, claimed.json);
    await settle();
    expect(saves()).toBe(3);
  });

  it("is written after a claim where the record is old", async () => {
    one.arrive();
    await settle();
    clock.advance(70_000);
    const claimed = await two.records.claim(ann.pid);
    expect(claimed?.client.generation).toBe(2);
    expect(claimed?.json).toBeNull();
  });

  it("is lost at once where a later claim is told ahead of the answer to this one", async () => {
    one.arrive();
    await settle();
    two.link.answers.hold();
    const claiming = two.records.claim(ann.pid);
    await settle();
    two.records.onTaken(key, 3);
    two.link.answers.release();
    expect(await claiming).toBeNull();
    expect(two.records.get(ann.pid)).toBeUndefined();
    two.records.onTaken(key, 4);
    expect((await two.records.claim(ann.pid))?.client.generation).toBe(3);
  });

  it("is null when no node knows it", async () => {
    expect(await two.records.claim("nothing")).toBeNull();
    expect(await two.records.find("nothing")).toBeNull();
  });
});

describe("looking for a client", () => {
  it("leaves it with the node that has it", async () => {
    one.arrive({ step: 1 });
    await settle();
    const found = await two.records.find(ann.pid);
    expect([found?.session, found?.record?.data, found?.where.sid]).toEqual([null, { step: 1 }, "ann"]);
    expect(broker.record(name, key)).toMatchObject({ generation: 1, node: "one" });
  });

  it("finds one of this node as it is now, and not a draft", async () => {
    const client = one.arrive();
    await settle();
    expect((await one.records.find(ann.pid))?.session).toBe(client.session);
    client.isDraft = true;
    expect(await one.records.find(ann.pid)).toBeNull();
  });
});

describe("an offset that is not known yet", () => {
  it("is told when the broker answers, and asked for again after a break", async () => {
    const client = one.arrive();
    await settle();
    one.link.requests.hold();
    const told: number[] = [];
    one.records.settle(client, (offset) => told.push(offset), undefined);
    await settle();
    await one.lose();
    expect([told, client.open.size]).toEqual([[], 1]);
    await one.connect();
    expect(await one.records.settleOffsets(client)).toBe(true);
    expect([told, client.open.size]).toEqual([[0], 0]);
  });

  it("comes after those before it, also when it is known at once", async () => {
    const client = one.arrive();
    await settle();
    const told: string[] = [];
    one.records.settle(client, (offset) => told.push(`first ${offset}`), undefined);
    one.records.settle(client, (offset) => told.push(`second ${offset}`), 7);
    expect(told).toEqual([]);
    await settle();
    expect(told).toEqual(["first 0", "second 0"]);
    one.records.settle(client, (offset) => told.push(`third ${offset}`), 7);
    expect(told.at(-1)).toBe("third 7");
  });

  it("is one too many at 1000: the client has to begin again", async () => {
    const client = one.arrive();
    await settle();
    await one.lose();
    for (let count = 0; count <= 1000; count += 1) one.records.settle(client, () => {}, undefined);
    expect(client.isTainted).toBe(true);
    expect(client.open.size).toBe(1);
  });
});

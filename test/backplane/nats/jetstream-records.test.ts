import { describe, expect, it } from "vitest";
import type { JetStreamApi, Stored, StoredMessage } from "../../../src/backplane/nats/jetstream-api.ts";
import { JetStreamNames } from "../../../src/backplane/nats/jetstream-names.ts";
import { JetStreamRecords } from "../../../src/backplane/nats/jetstream-records.ts";
import { BrokerError, type ClientRecord, nameIn } from "../../../src/backplane/stream/stream-link.ts";

const names = JetStreamNames.of("app", nameIn("app", "/"));
const subject = names.record("key");

/** A stream in memory that keeps the latest message of each subject, as JetStream does. */
class FakeStream {
  readonly messages = new Map<string, StoredMessage>();
  /** Runs before each write, as another process may. */
  onReplace = () => {};
  calls: string[] = [];
  #last = 0;

  put(at: string, data: string): number {
    this.#last += 1;
    this.messages.set(at, { number: this.#last, data: Buffer.from(data) });
    return this.#last;
  }

  replace(at: string, data: Uint8Array, number: number): Promise<Stored> {
    this.calls.push("replace");
    this.onReplace();
    const latest = this.messages.get(at)?.number ?? 0;
    return Promise.resolve(
      latest === number ? { number: this.put(at, Buffer.from(data).toString()) } : { latest },
    );
  }

  latest(_stream: string, at: string): Promise<StoredMessage | null> {
    this.calls.push("latest");
    return Promise.resolve(this.messages.get(at) ?? null);
  }

  remove(_stream: string, number: number): Promise<void> {
    this.calls.push("remove");
    for (const [at, message] of this.messages) if (message.number === number) this.messages.delete(at);
    return Promise.resolve();
  }

  text(at: string): string | undefined {
    const message = this.messages.get(at);
    return message === undefined ? undefined : Buffer.from(message.data).toString();
  }
}

function setup() {
  const stream = new FakeStream();
  const make = () => new JetStreamRecords(stream as unknown as JetStreamApi);
  return { stream, records: make(), other: make() };
}

function record(more: Partial<ClientRecord> = {}): ClientRecord {
  const changes = { set: [], ended: [] };
  return {
    key: "key",
    generation: 1,
    node: "one",
    json: '{"a":1}',
    stays: () => [],
    changes,
    isNew: true,
    time: 1,
    ...more,
  };
}

describe("a record", () => {
  it("is written without a look at the latest one, as long as it is this process's own", async () => {
    const { stream, records } = setup();
    const stays = () => [["red", 3, 1] as const];
    expect(await records.save(names, "epoch", record({ stays }))).toBe(true);
    expect(await records.save(names, "epoch", record({ isNew: false, json: "[2]" }))).toBe(true);
    expect(stream.calls).toEqual(["replace", "replace"]);
    expect(stream.text(subject)).toBe("1 one epoch []\n[2]");
  });

  it("that a lost answer has left is this process's own, also where it seems new", async () => {
    const { stream, records, other } = setup();
    await records.save(names, "epoch", record());
    expect(await other.save(names, "epoch", record({ json: "[2]" }))).toBe(true);
    expect(stream.text(subject)).toContain("[2]");
  });

  it.each([
    ["another process has claimed", { generation: 2, node: "two" }],
    ["this process has claimed since", { generation: 2, node: "one" }],
    ["another process has with the same count", { generation: 1, node: "two" }],
  ])("that %s is not written any more", async (_name, { generation, node }) => {
    const { stream, records } = setup();
    await records.save(names, "epoch", record());
    stream.put(subject, `${generation} ${node} epoch []\n{}`);
    expect(await records.save(names, "epoch", record({ isNew: false }))).toBe(false);
    expect(stream.text(subject)).toBe(`${generation} ${node} epoch []\n{}`);
  });

  it("that is gone is not written any more, unless it is new", async () => {
    const { records, other } = setup();
    expect(await records.save(names, "epoch", record({ isNew: false }))).toBe(false);
    expect(await other.save(names, "epoch", record())).toBe(true);
  });

  it("that changes all the time is given up after a few attempts", async () => {
    const { stream, records } = setup();
    stream.onReplace = () => stream.put(subject, "1 one epoch []\n{}");
    await expect(records.save(names, "epoch", record())).rejects.toThrow(BrokerError);
    expect(stream.calls.filter((call) => call === "replace")).toHaveLength(10);
    stream.calls = [];
    await expect(records.claim(names, "epoch", "key", "one")).rejects.toThrow("changes all the time");
    expect(stream.calls.filter((call) => call === "replace")).toHaveLength(10);
  });

  it("is found in its own epoch alone, and not where something else stands", async () => {
    const { stream, records } = setup();
    await records.save(names, "epoch", record({ stays: () => [["a b", 3, 1]] }));
    expect(await records.find(names, "epoch", "key")).toEqual({ json: '{"a":1}', stays: [["a b", 3, 1]] });
    expect(await records.find(names, "later", "key")).toBeNull();
    stream.put(subject, "hello");
    expect(await records.find(names, "epoch", "key")).toBeNull();
  });
});

describe("a claim", () => {
  it("counts on, and tells from which process the client was taken", async () => {
    const { stream, records, other } = setup();
    await records.save(names, "epoch", record());
    expect(await other.claim(names, "epoch", "key", "two")).toMatchObject({ generation: 2, from: "one" });
    expect(await records.claim(names, "epoch", "key", "two")).toMatchObject({ generation: 3, from: "two" });
    expect(stream.text(subject)).toMatch(/^3 two epoch /);
  });

  it("removes the record of an epoch that is over", async () => {
    const { stream, records, other } = setup();
    await records.save(names, "epoch", record());
    expect(await other.claim(names, "later", "key", "two")).toBeNull();
    expect(stream.messages.size).toBe(0);
    expect(await other.claim(names, "later", "key", "two")).toBeNull();
  });

  it("waits for the writes of its own process that were asked for before", async () => {
    const { stream, records } = setup();
    const done: string[] = [];
    await Promise.all([
      records.save(names, "epoch", record()).then(() => done.push("saved")),
      records.claim(names, "epoch", "key", "one").then(() => done.push("claimed")),
      records.drop(names, "key", 2).then(() => done.push("dropped")),
    ]);
    expect([done, stream.messages.size]).toEqual([["saved", "claimed", "dropped"], 0]);
  });
});

describe("the end of a record", () => {
  it("leaves the later one of another process", async () => {
    const { stream, records, other } = setup();
    await records.save(names, "epoch", record());
    await other.claim(names, "epoch", "key", "two");
    await records.drop(names, "key", 1);
    expect(stream.text(subject)).toMatch(/^2 two /);
  });

  it("of a client that was written by an earlier connection depends on its generation", async () => {
    const { stream, records, other } = setup();
    await records.save(names, "epoch", record());
    await other.drop(names, "key", 5);
    expect(stream.messages.size).toBe(1);
    await other.drop(names, "key", 1);
    expect(stream.messages.size).toBe(0);
  });

  it("is not by the number of a write that another process's claim has made old", async () => {
    const { stream, records } = setup();
    await records.save(names, "epoch", record());
    records.forget(names, "key");
    stream.calls = [];
    expect(await records.save(names, "epoch", record({ isNew: false }))).toBe(true);
    expect(stream.calls).toEqual(["latest", "replace"]);
  });
});

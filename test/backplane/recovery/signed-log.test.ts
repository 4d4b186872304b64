import { describe, expect, it } from "vitest";
import type { BrokerLinkOwner } from "../../../src/backplane/bus/broker-bus.ts";
import { signedLog } from "../../../src/backplane/recovery/signed-log.ts";
import type { KeptEntry, LogEntry, StreamLink } from "../../../src/backplane/stream/stream-link.ts";
import { QueueSecret } from "../../../src/backplane/wire/queue-secret.ts";

const place = { name: "app{%2F}", maxEvents: 10, age: 1000, keep: 10_000 };
const elsewhere = { ...place, name: "app{%2Fadmin}" };
const everyone = "app{%2F}:b";

/** A process with a secret, on a broker that has in it what the test puts there. */
async function setup(secret = "the secret of this test and of no other") {
  const ignored: string[] = [];
  const clock = { now: 1_800_000_000_000 };
  const heard: [channel: string, text: string][] = [];
  const sent: LogEntry[] = [];
  const passed: Uint8Array[] = [];
  let kept: readonly KeptEntry[] = [];
  let owner: BrokerLinkOwner | undefined;
  let link: StreamLink | undefined;
  const broker = {
    append(_place: unknown, _epoch: string, entry: LogEntry) {
      sent.push(entry);
      return Promise.resolve(sent.length);
    },
    pass(_place: unknown, _epoch: string, _channels: unknown, message: Uint8Array) {
      passed.push(message);
      return Promise.resolve();
    },
    read: () => Promise.resolve({ head: kept.length, entries: kept }),
  } as unknown as StreamLink;
  const log = signedLog(
    {
      name: "Broker",
      links: (onOpen) => (linkOwner) => {
        owner = linkOwner;
        onOpen(broker);
        return Promise.resolve(broker);
      },
    },
    new QueueSecret([secret], "app"),
    { onIgnored: (problem) => ignored.push(problem) },
    () => clock.now,
  );
  await log.links((opened) => {
    link = opened;
  })(
    {
      onMessage: (channel, bytes) => heard.push([channel, Buffer.from(bytes).toString()]),
      onLost() {},
      onRefused() {},
    },
    new AbortController().signal,
  );
  return {
    clock,
    ignored,
    heard,
    /** What the broker gets of an event. */
    async append(id: number, text: string, where = place, epoch = "e"): Promise<Uint8Array> {
      await link?.append(where, epoch, { origin: "node", id, message: Buffer.from(text), channels: [] });
      return sent.at(-1)?.message ?? new Uint8Array();
    },
    async pass(text: string, where = place): Promise<Uint8Array> {
      await link?.pass(where, "e", [], Buffer.from(text));
      return passed.at(-1) ?? new Uint8Array();
    },
    /** A message comes on a channel. */
    hear: (channel: string, ...parts: (string | Uint8Array)[]) =>
      owner?.onMessage(channel, Buffer.concat(parts.map((part) => Buffer.from(part)))),
    /** Reads from a broker that keeps these messages. */
    async read(...messages: Uint8Array[]): Promise<string[]> {
      kept = messages.map((message, index) => ({ offset: index + 1, message }));
      const entries = (await link?.read(place, "e", 0, 100))?.entries ?? [];
      return entries.map(({ message }) => Buffer.from(message).toString());
    },
  };
}

describe("an event that was signed", () => {
  it("is heard with its number, on every channel that it comes on", async () => {
    const { append, hear, heard, ignored } = await setup();
    const [one, two] = [await append(1, "one"), await append(2, "two")];
    hear(everyone, "ee:7:", one);
    hear("app{%2F}:r:room", "ee:7:", one);
    hear(everyone, "ee:9:", two);
    hear(everyone, "ee:7:", one);
    expect(heard.map(([, text]) => text)).toEqual(["ee:7:one", "ee:7:one", "ee:9:two", "ee:7:one"]);
    expect(ignored).toEqual([]);
  });

  it("is not heard under a second number, of another namespace or in another numbering", async () => {
    const { append, hear, heard, ignored } = await setup();
    const [one, two] = [await append(1, "one"), await append(2, "two")];
    hear(everyone, "ee:1:", one);
    hear(everyone, "ee:2:", one);
    hear(everyone, "ee:2:", two);
    hear(everyone, "ee:3:", one);
    hear(everyone, "ef:3:", two);
    hear(everyone, "ee:3:", await append(3, "three", elsewhere));
    hear(everyone, "ee:3:", "of a stranger");
    hear(
      everyone,
      "ee:3:",
      await (await setup("another secret of this test, and no other")).append(3, "three"),
    );
    expect(heard.map(([, text]) => text)).toEqual(["ee:1:one", "ee:2:two"]);
    expect(ignored).toEqual(["repeated", "repeated", "forged", "forged", "unsigned", "other secret"]);
  });

  it("is not heard long after it was signed, by a process that has heard nothing of its sender", async () => {
    const sender = await setup();
    const [one, two] = [await sender.append(1, "one"), await sender.append(2, "two")];
    const [stranger, friend] = [await setup(), await setup()];
    friend.hear(everyone, "ee:1:", one);
    for (const { clock, hear } of [stranger, friend]) {
      clock.now += 61_000;
      hear(everyone, "ee:9:", two);
    }
    expect(stranger.ignored).toEqual(["stale"]);
    // It may have waited for the process, which has then missed it.
    expect(stranger.heard).toEqual([[everyone, "g"]]);
    expect(friend.heard.map(([, text]) => text)).toEqual(["ee:1:one", "ee:9:two"]);
    expect(await stranger.read(one, two)).toEqual(["one", "two"]);
  });

  it("is read from the broker; a copy or a message of a stranger is read as nothing", async () => {
    const { append, read, ignored } = await setup();
    const [one, two] = [await append(1, "one"), await append(2, "two")];
    expect(await read(one, two)).toEqual(["one", "two"]);
    expect(await read(one, Buffer.from("of a stranger"), two, one)).toEqual(["one", "", "two", ""]);
    expect(ignored).toEqual(["unsigned", "repeated"]);
  });
});

describe("a message that was passed with a signature", () => {
  it("is heard once on each channel, and in its own namespace", async () => {
    const { pass, hear, heard, ignored } = await setup();
    const message = await pass("pnode:0:hello");
    hear(everyone, message);
    hear("app{%2F}:r:room", message);
    expect(heard.map(([, text]) => text)).toEqual(["pnode:0:hello", "pnode:0:hello"]);
    hear(everyone, message);
    hear("app{%2Fadmin}:b", message);
    hear(everyone, "pnode:0:of a stranger");
    expect(ignored).toEqual(["repeated", "forged", "unsigned"]);
    expect(heard).toHaveLength(2);
  });

  it("is not taken for what the broker itself says", async () => {
    const { hear, heard } = await setup();
    for (const text of ["f1:2", "x3:pid", "g", "z"]) hear("app{%2F}:n:node", text);
    expect(heard.map(([, text]) => text)).toEqual(["f1:2", "x3:pid", "g", "z"]);
  });
});

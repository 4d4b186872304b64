import { describe, expect, it, onTestFinished } from "vitest";
import { redisStreamLinks } from "../../../src/backplane/redis/redis-stream-link.ts";
import { BrokerError, type StreamLink } from "../../../src/backplane/stream/stream-link.ts";
import { bulk, FakeRedisServer, list } from "../../support/fake-redis-server.ts";

const place = { name: "app{%2F}", maxEvents: 10, age: 1000, keep: 10_000 };

/** A link to a server whose answer to each script the test gives. */
async function connect(first = "+OK\r\n") {
  const script = { answer: first };
  const server = await FakeRedisServer.start(([word]) => (word === "EVALSHA" ? script.answer : undefined));
  const lost: string[] = [];
  const owner = { onMessage() {}, onLost: (error: unknown) => lost.push(String(error)), onRefused() {} };
  const opened: StreamLink[] = [];
  const links = redisStreamLinks(server.url, "app", (link) => opened.push(link));
  await links(owner, new AbortController().signal);
  const [link] = opened;
  if (link === undefined) throw new Error("No link was opened.");
  onTestFinished(() => link.close());
  const failureOf = (answer: string): Promise<unknown> => {
    script.answer = answer;
    return link.head(place, "epoch").catch((error: unknown) => error);
  };
  return { server, script, lost, link, failureOf };
}

describe("a link", () => {
  it("gives the server all scripts before it is used", async () => {
    const { server } = await connect();
    expect(server.commands.filter(([word]) => word === "SCRIPT")).toHaveLength(10);
  });

  it("sends the changes of a record's rooms, or all of them with a new record", async () => {
    const { server, link } = await connect(":7\r\n");
    const stays = () => [["red", 3, 1] as const, ["blue", 5, 2] as const];
    const record = { key: "key", generation: 1, node: "one", json: "{}", stays, time: 500 };
    const changes = { set: [["green", 9, 3] as const], ended: ["red"] };
    expect(await link.save(place, "e", { ...record, changes, isNew: true })).toBe(7);
    expect(await link.save(place, "e", { ...record, changes, isNew: false })).toBe(7);
    const [first, second] = server.commands.slice(-2).map((words) => words.slice(2));
    const head = ["2", "app{%2F}:m", "app{%2F}:p:key", "e", "1", "one", "{}", "500", "10000"];
    expect(first).toEqual([...head, "new", "2", "red", "3 1", "blue", "5 2"]);
    expect(second).toEqual([...head, "", "1", "green", "9 3", "red"]);
  });
});

describe("an answer of the server", () => {
  it("is read: events with their offsets, and rooms with their two numbers", async () => {
    const fields = list(bulk("t"), bulk("1700000000000"), bulk("d"), bulk("event"));
    const { link, script } = await connect(list(bulk("12"), list(list(bulk("12-0"), fields))));
    expect(await link.read(place, "e", 11, 10)).toEqual({
      head: 12,
      entries: [{ offset: 12, message: Buffer.from("event") }],
    });
    const rooms = list(bulk("a b"), bulk("3 1"), bulk("blue"), bulk("5 2"));
    script.answer = list(bulk("{}"), rooms);
    expect(await link.find(place, "e", "key")).toEqual({
      json: "{}",
      stays: [
        ["a b", 3, 1],
        ["blue", 5, 2],
      ],
    });
  });

  it("may be that there is no record, or that it belongs to another process", async () => {
    const { link, script } = await connect("_\r\n");
    expect(await link.find(place, "e", "key")).toBeNull();
    expect(await link.claim(place, "e", { key: "key", node: "one", time: 1 })).toBeNull();
    script.answer = ":-1\r\n";
    const record = { key: "key", generation: 1, node: "one", json: "{}", stays: () => [], time: 500 };
    const changes = { set: [], ended: [] };
    expect(await link.save(place, "e", { ...record, changes, isNew: false })).toBeNull();
  });

  it("of another kind is an error, and so is an event of another kind", async () => {
    const { link, script } = await connect(":5\r\n");
    await expect(link.begin(place)).rejects.toThrow("gave an answer of another kind");
    const fields = list(bulk("t"), bulk("1"), bulk("d"), ":5\r\n");
    script.answer = list(bulk("1"), list(list(bulk("1-0"), fields)));
    await expect(link.read(place, "e", 0, 1)).rejects.toThrow("keeps something of another kind");
  });
});

describe("a refusal of the server", () => {
  it("tells whether the epoch is over, or the message too large", async () => {
    const { failureOf, lost } = await connect();
    const epoch = await failureOf("-EPOCH another epoch has begun\r\n");
    expect(epoch).toBeInstanceOf(BrokerError);
    expect(epoch).toMatchObject({ isEpochOver: true, isTooLarge: false });
    const large = await failureOf("-ERR Protocol error: invalid bulk length\r\n");
    expect(large).toMatchObject({ isEpochOver: false, isTooLarge: true });
    const error = await failureOf("-OOM command not allowed when used memory > 'maxmemory'\r\n");
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ isEpochOver: false, isTooLarge: false });
    expect(lost).toEqual([]);
  });

  it("of a script that it has forgotten ends the link, since the next one gives it all of them", async () => {
    const { failureOf, lost } = await connect();
    const error = await failureOf("-NOSCRIPT No matching script. Please use EVAL.\r\n");
    expect(error).toBeInstanceOf(BrokerError);
    expect(lost).toEqual([expect.stringContaining("NOSCRIPT")]);
  });

  it("is not the end of the connection, which is reported elsewhere", async () => {
    const { server, link } = await connect("");
    const asked = link.head(place, "e").catch((cause: unknown) => cause);
    await new Promise(setImmediate);
    server.disconnect();
    expect(await asked).not.toBeInstanceOf(BrokerError);
  });
});

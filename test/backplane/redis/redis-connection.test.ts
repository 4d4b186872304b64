import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import type { BrokerLinkOwner } from "../../../src/backplane/bus/broker-bus.ts";
import { readQueueUrl } from "../../../src/backplane/queue/queue-url.ts";
import { openRedis, type RedisConnection } from "../../../src/backplane/redis/redis-connection.ts";
import { Broker, isSkipped, RedisCluster } from "../../support/brokers.ts";
import { soon } from "../../support/waiting.ts";

const owner: BrokerLinkOwner = { onMessage() {}, onLost() {}, onRefused() {} };

async function connect(url: string): Promise<RedisConnection> {
  const connection = await openRedis(readQueueUrl(url), "app{0}:", owner, new AbortController().signal);
  onTestFinished(() => connection.close());
  return connection;
}

/** A server or cluster that the tests of one group share. */
interface Shared {
  readonly url: string;
  forgetScripts(): Promise<unknown>;
  end(): Promise<void>;
}

async function server(...args: readonly string[]): Promise<Shared> {
  const broker = await Broker.redis(...args);
  return {
    url: broker.url,
    forgetScripts: () => broker.command("SCRIPT", "FLUSH"),
    end: () => broker.kill(),
  };
}

async function cluster(): Promise<Shared> {
  const redis = await RedisCluster.start();
  return {
    url: redis.url,
    forgetScripts: () => redis.each((broker) => broker.command("SCRIPT", "FLUSH")),
    end: () => redis.end(),
  };
}

/** Runs the script that begins a namespace, and those that store events in it. */
async function begin(connection: RedisConnection, name: string) {
  await connection.loadScripts();
  const keys = [`${name}:m`, `${name}:s`];
  const [epoch] = (await connection.run("begin", keys, ["epoch", "60000"])) as [Buffer];
  const append = (id: number, text: string) =>
    connection.run(
      "append",
      [...keys, `${name}:a:node`],
      [String(epoch), String(id), Buffer.from(text), "100", "60000", "60000"],
    );
  const read = async () => {
    const reply = await connection.run("read", keys, [String(epoch), "0", "100"]);
    const [head, entries] = reply as [Buffer, [Buffer, Buffer[]][]];
    return { head: String(head), texts: entries.map(([, fields]) => String(fields[3])) };
  };
  return { append, read };
}

const kinds = [
  { kind: "a server", start: () => server(), afterFlush: "refuses" },
  {
    kind: "a server without sharded pub/sub",
    start: () => server("--rename-command", "SPUBLISH", ""),
    afterFlush: "refuses",
  },
  { kind: "a cluster", start: cluster, afterFlush: "sends again" },
];

describe.skipIf(isSkipped("redis")).each(kinds)("a connection to $kind", ({ start, afterFlush }) => {
  // A cluster takes a while to agree, so the tests share it.
  let started: Promise<Shared> | null = null;
  const shared = () => {
    started ??= start();
    return started;
  };
  afterAll(async () => (await started)?.end());

  it("carries the bytes of a message to those that subscribe to its channel", async () => {
    const { url } = await shared();
    const [one, other] = [await connect(url), await connect(url)];
    const heard: string[] = [];
    const channels = Array.from({ length: 40 }, (_, number) => `app{${number}}:news`);
    const listener = (message: Buffer, channel: Buffer) => {
      heard.push(`${channel}=${message.toString("hex")}`);
    };
    await other.subscribe(channels, listener);
    for (const channel of channels) await one.publish(channel, Buffer.from([0, 255, 10]));
    await soon(() => heard.toSorted()).toEqual(channels.map((channel) => `${channel}=00ff0a`).toSorted());
    await other.unsubscribe(channels, listener);
    for (const channel of channels) await one.publish(channel, Buffer.from("more"));
    await other.ping();
    expect(heard).toHaveLength(channels.length);
  });

  it("runs scripts in the order of the calls, and reads their texts as bytes", async () => {
    const { url } = await shared();
    const { append, read } = await begin(await connect(url), "app{order}");
    const texts = Array.from({ length: 20 }, (_, number) => `event ${number}`);
    const numbers = await Promise.all(texts.map((text, index) => append(index + 1, text)));
    expect(numbers).toEqual(texts.map((_, index) => index + 1));
    expect(await read()).toEqual({ head: "20", texts });
  });

  it(`${afterFlush} a script that the server has forgotten`, async () => {
    const { url, forgetScripts } = await shared();
    const { append, read } = await begin(await connect(url), "app{flush}");
    expect(await append(1, "before")).toBe(1);
    await forgetScripts();
    const appended = Promise.all([append(2, "a"), append(3, "b"), append(4, "c")]);
    if (afterFlush === "sends again") {
      expect(await appended).toEqual([2, 3, 4]);
      expect((await read()).texts).toEqual(["before", "a", "b", "c"]);
    } else {
      // Sent again it might come behind a later one, which would count it as one that had come before.
      await expect(appended).rejects.toThrow("NOSCRIPT");
    }
  });

  it("rejects calls after its end", async () => {
    const connection = await connect((await shared()).url);
    connection.close();
    await expect(connection.publish("app{0}:news", Buffer.from("late"))).rejects.toThrow();
    await expect(connection.ping()).rejects.toThrow();
  });
});

describe.skipIf(isSkipped("redis"))("a user that may not subscribe", () => {
  it("is told which right is missing", async () => {
    const broker = await Broker.redis();
    onTestFinished(() => broker.kill());
    await broker.command("ACL", "SETUSER", "mute", "on", ">secret", "+@all", "~*", "resetchannels", "&app*");
    const connection = await connect(broker.url.replace("://", "://mute:secret@"));
    await expect(connection.subscribe(["other{1}:news"], () => {})).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringContaining("docs/brokers.md lists the commands and channels"),
    });
  });
});

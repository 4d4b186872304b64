import { describe, expect, it, onTestFinished } from "vitest";
import { readQueueUrl } from "../../../src/backplane/queue/queue-url.ts";
import {
  connectToCluster,
  connectToServer,
  destroy,
  importRedis,
  inspect,
} from "../../../src/backplane/redis/redis-client.ts";
import { RoomcastError } from "../../../src/base/errors.ts";
import { bulk, FakeRedisServer, type RedisAnswer } from "../../support/fake-redis-server.ts";
import { freePort } from "../../support/free-port.ts";
import { soon } from "../../support/waiting.ts";

const redis = await importRedis();

/** Connects to a server that answers as a test says. */
async function connect(answer?: RedisAnswer, { path = "", signal = new AbortController().signal } = {}) {
  const server = await FakeRedisServer.start(answer);
  const lost: unknown[] = [];
  const owner = { onMessage() {}, onLost: (error: unknown) => lost.push(error), onRefused() {} };
  const queue = readQueueUrl(`redis://ada:secret@127.0.0.1:${server.port}${path}`);
  const connecting = connectToServer(redis, queue, owner, signal);
  void connecting.then(
    (client) => onTestFinished(() => destroy(client)),
    () => {},
  );
  return { server, lost, connecting };
}

describe("a connection to a server", () => {
  it("uses the user, the password and the database of the URL", async () => {
    const asked: string[][] = [];
    const { server, connecting } = await connect(
      (words) => {
        if (words[0] === "HELLO") asked.push([...words]);
        return undefined;
      },
      { path: "/3" },
    );
    await connecting;
    expect(asked[0]?.slice(-3)).toEqual(["AUTH", "ada", "secret"]);
    expect(server.commands).toContainEqual(["SELECT", "3"]);
  });

  it("tells its end once, does not come back by itself, and tells nothing of an end by this process", async () => {
    const one = await connect();
    const client = await one.connecting;
    destroy(client);
    destroy(client);
    await soon(() => one.server.connections).toBe(0);
    const other = await connect();
    await other.connecting;
    other.server.disconnect();
    await soon(() => other.lost.length).toBe(1);
    expect([one.lost, other.server.connections]).toEqual([[], 0]);
  });

  it("ends when the attempt is given up, also before the server has answered", async () => {
    const controller = new AbortController();
    const { server, connecting } = await connect(() => "", { signal: controller.signal });
    await soon(() => server.connections).toBe(1);
    controller.abort(new Error("too slow"));
    await expect(connecting).rejects.toThrow();
    await soon(() => server.connections).toBe(0);
  });

  it.each([
    ["WRONGPASS invalid username-password pair or user is disabled.", "HELLO", "the user and the password"],
    [
      "NOAUTH HELLO must be called with the client already authenticated",
      "HELLO",
      "the user and the password",
    ],
    ["ERR AUTH <password> called without any password configured", "HELLO", "the user and the password"],
    ["NOPERM User ada has no permissions to run the 'select' command", "SELECT", "docs/brokers.md lists"],
    ["ERR DB index is out of range", "SELECT", "the number of the database"],
    ["ERR SELECT is not allowed in cluster mode", "SELECT", "the number of the database"],
  ])("that is refused with %s says what to do", async (message, command, advice) => {
    const { connecting } = await connect(([word]) => (word === command ? `-${message}\r\n` : undefined), {
      path: "/3",
    });
    const error = await connecting.catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringContaining(`Redis refuses this process: ${message.replace(/\.$/, "")}. `),
      cause: expect.objectContaining({ message }),
    });
    expect(error).toHaveProperty("message", expect.stringContaining(advice));
  });

  it("that fails otherwise has the error of the package, as another attempt may succeed", async () => {
    const loading = "LOADING Redis is loading the dataset in memory";
    const { connecting } = await connect(([word]) => (word === "SELECT" ? `-${loading}\r\n` : undefined), {
      path: "/3",
    });
    const error = await connecting.catch((cause: unknown) => cause);
    expect(error).toHaveProperty("message", loading);
    expect(error).not.toBeInstanceOf(RoomcastError);
  });
});

describe("what a server can do", () => {
  const queue = readQueueUrl("redis://localhost");
  const kindOf = async (answer: RedisAnswer) =>
    inspect(await (await connect(answer)).connecting, "unused", queue);

  it.each([
    ["has sharded pub/sub", () => undefined, { isCluster: false, isSharded: true }],
    [
      "is too old for sharded pub/sub",
      ([word]) => (word === "SPUBLISH" ? "-ERR unknown command 'SPUBLISH'\r\n" : undefined),
      { isCluster: false, isSharded: false },
    ],
    [
      "is a node of a cluster",
      ([word]) => (word === "HELLO" ? `%1\r\n${bulk("mode")}${bulk("cluster")}` : undefined),
      { isCluster: true, isSharded: true },
    ],
  ] satisfies [string, RedisAnswer, object][])("is found out where it %s", async (_name, answer, kind) => {
    expect(await kindOf(answer)).toEqual(kind);
  });

  it("is not guessed from a missing right: other processes may have it", async () => {
    const denied = kindOf(([word]) =>
      word === "SPUBLISH" ? "-NOPERM No permissions to access a channel\r\n" : undefined,
    );
    await expect(denied).rejects.toMatchObject({ code: "ERR_MESSAGE_QUEUE" });
  });
});

describe("a connection to a cluster", () => {
  function connectAll(url: string, signal = new AbortController().signal) {
    return connectToCluster(redis, readQueueUrl(url), signal);
  }

  it("that no node of the URL takes says why, and leaves no connection open", async () => {
    const server = await FakeRedisServer.start(([word]) =>
      word === "HELLO" ? "-WRONGPASS invalid username-password pair\r\n" : undefined,
    );
    await expect(connectAll(server.url)).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringContaining("the user and the password"),
    });
    await soon(() => server.connections).toBe(0);
  });

  it("to a port without a server names it", async () => {
    const port = await freePort();
    await expect(connectAll(`redis://127.0.0.1:${port}`)).rejects.toThrow(`ECONNREFUSED 127.0.0.1:${port}`);
  });
});

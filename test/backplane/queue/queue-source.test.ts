import { createClient, createCluster } from "@redis/client";
import { describe, expect, it } from "vitest";
import {
  brokerName,
  isLocalQueue,
  queueProblem,
  readQueue,
} from "../../../src/backplane/queue/queue-source.ts";

const call = () => {};
const nats = (server: string) =>
  ({
    publish: call,
    subscribe: call,
    request: call,
    flush: call,
    isClosed: () => false,
    status: call,
    getServer: () => server,
  }) as never;

it.each([
  ["redis://localhost", true],
  ["redis://127.0.0.5:7000", true],
  ["redis://[::1]", true],
  ["nats://127.0.0.1,nats.example.org", false],
  ["redis://10.0.0.1", false],
])("knows whether %s is on this machine: %s", (url, isLocal) => {
  expect(isLocalQueue(url)).toBe(isLocal);
});

it("knows how people call the broker", () => {
  expect(["rediss://a", "tls://a", "memory://a"].map(brokerName)).toEqual(["Redis", "NATS", "memory"]);
});

describe("a message queue", () => {
  it("is a URL, options or a client", () => {
    expect(readQueue("nats://a")).toMatchObject({ broker: "nats", servers: [{ host: "a" }] });
    expect(readQueue({ url: "rediss://a" })).toMatchObject({ broker: "redis", isSecure: true });
    const client = createClient();
    expect(readQueue(client)).toMatchObject({ broker: "redis", client: { kind: "server", client } });
    expect(readQueue(nats("a:4222"))).toMatchObject({ broker: "nats", client: { kind: "nats" } });
  });

  it("is nothing else, and says what was given", () => {
    expect([queueProblem({}), queueProblem(createClient()), queueProblem("redis://a")]).toEqual([
      null,
      null,
      null,
    ]);
    for (const [value, problem] of [
      [5, "a value of the type number"],
      [null, "a value of the type object"],
      [new Map(), "a Map"],
      [["redis://:pw@a"], "a list: several URLs go into an object, { url: [...] }"],
      [Promise.resolve(), "a promise: await it"],
    ] as const) {
      expect(queueProblem(value)).toBe(problem);
    }
    expect(() => readQueue(new Map() as never)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: "The message queue cannot be a Map." }),
    );
  });

  it("is on this machine where the options or the client say so", () => {
    const sentinel = { name: "m", url: "redis://localhost" };
    for (const [given, isLocal] of [
      [{ url: ["redis://localhost:7000", "redis://127.0.0.1:7001"] }, true],
      [{ url: ["redis://localhost", "redis://a"] }, false],
      // The primary may be anywhere.
      [{ sentinel }, false],
      [createClient(), true],
      [createClient({ url: "redis://a" }), false],
      [createCluster({ rootNodes: [{ url: "redis://localhost" }] }), false],
      [nats("127.0.0.1:4222"), true],
      [nats("a:4222"), false],
    ] as const) {
      expect(isLocalQueue(given)).toBe(isLocal);
    }
  });
});

import { createClient, createClientPool, createCluster, createSentinel } from "@redis/client";
import { expect, it } from "vitest";
import { clientProblem, recogniseClient } from "../../../src/backplane/queue/queue-client.ts";

it("knows the kinds of clients of @redis/client, without a connection", () => {
  const node = { host: "127.0.0.1", port: 1 };
  for (const [kind, client] of [
    ["server", createClient()],
    ["cluster", createCluster({ rootNodes: [{ socket: node }] })],
    ["sentinel", createSentinel({ name: "mymaster", sentinelRootNodes: [node] })],
  ] as const) {
    expect(recogniseClient(client)).toEqual({ kind, client });
  }
});

it("knows a connection of NATS by its methods", () => {
  const call = () => {};
  const connection = {
    publish: call,
    subscribe: call,
    request: call,
    flush: call,
    isClosed: call,
    status: call,
  };
  expect(recogniseClient(connection)).toEqual({ kind: "nats", client: connection });
});

it("says what else was given by mistake", () => {
  const call = () => {};
  expect(recogniseClient(createClientPool())).toBeNull();
  expect(clientProblem(createClientPool())).toContain("a pool of @redis/client");
  expect(clientProblem({ duplicate: call, defineCommand: call })).toContain("ioredis");
  expect(clientProblem(Promise.resolve())).toBe("a promise: await it");
  expect([recogniseClient(null), recogniseClient("redis://"), clientProblem({})]).toEqual([null, null, null]);
});

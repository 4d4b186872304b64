import { createClient } from "@redis/client";
import { expect, it } from "vitest";
import { readQueue } from "../../../src/backplane/queue/queue-source.ts";
import {
  clientOptions,
  duplicateOptions,
  serverAddress,
  shuffled,
} from "../../../src/backplane/redis/redis-options.ts";

const server = { host: "a", port: null, username: "", password: "" };

it("have the credentials of the server, and what else the application gives", () => {
  const queue = readQueue({ url: "redis://a", options: { name: "chat", socket: { family: 4 } } });
  expect(clientOptions(queue, server)).toEqual({
    name: "chat",
    socket: { connectTimeout: 2000, family: 4 },
    commandOptions: { timeout: 0 },
    disableOfflineQueue: true,
  });
  const options = clientOptions(queue, { ...server, username: "ann", password: "one" });
  expect(options).toMatchObject({ username: "ann", password: "one" });
});

it("ask for TLS with a certificate for the host of the connection, or of the message queue", () => {
  const { socket } = clientOptions(readQueue("rediss://queue.internal"), server);
  const { tls, checkServerIdentity } = socket as {
    tls: boolean;
    checkServerIdentity(host: string, certificate: object): Error | undefined;
  };
  expect(tls).toBe(true);
  const named = (name: string) => ({ subject: {}, subjectaltname: `DNS:${name}` });
  for (const name of ["queue.internal", "node.internal"])
    expect(checkServerIdentity("node.internal", named(name))).toBeUndefined();
  expect(checkServerIdentity("node.internal", named("evil.example"))).toBeInstanceOf(Error);
});

it("leave the choice of certificates to the application where it has one", () => {
  const mine = () => undefined;
  const queue = readQueue({ url: "redis://a", tls: { servername: "b", checkServerIdentity: mine } });
  expect(clientOptions(queue, server).socket).toMatchObject({
    tls: true,
    servername: "b",
    checkServerIdentity: mine,
  });
});

it("of a duplicate keep the address of the client, and neither its prefix nor its reconnecting", () => {
  const client = createClient({ url: "redis://a:7000", keyPrefix: "own:" });
  expect(duplicateOptions(client)).toMatchObject({
    keyPrefix: undefined,
    commandOptions: { timeout: 0 },
    socket: { host: "a", port: 7000, reconnectStrategy: false },
    disableOfflineQueue: true,
  });
});

it("leave out what the package has a default for", () => {
  expect([serverAddress(server), serverAddress({ ...server, host: "", port: 7000 })]).toEqual([
    { host: "a" },
    { port: 7000 },
  ]);
  expect([...shuffled([1, 2, 3])].toSorted()).toEqual([1, 2, 3]);
});

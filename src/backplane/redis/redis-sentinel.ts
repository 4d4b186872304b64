/** Redis Sentinel: asks where the primary is, or uses a sentinel client of the application. */

import type { RedisClientType } from "@redis/client";
import { quoted } from "../../base/printable.ts";
import { brokerRefusal } from "../bus/broker-refusal.ts";
import type { QueueSource } from "../queue/queue-source.ts";
import type { QueueServer } from "../queue/queue-url.ts";
import { neutral, serverAddress, shuffled, socketOptions } from "./redis-options.ts";
import { redisRefusal } from "./redis-refusal.ts";
import type { RedisPackage, RedisServer } from "./redis-server.ts";

/** The port on which sentinels listen by default. */
const sentinelPort = 26_379;

/**
 * Asks the sentinels one after another, in random order, for the primary.
 *
 * @returns the primary, with the credentials of the message queue
 * @throws the first refusal, or else the error of a sentinel
 */
export async function findPrimary(
  redis: RedisPackage,
  queue: QueueSource,
  signal: AbortSignal,
): Promise<QueueServer> {
  const { sentinel, servers } = queue;
  const [primary] = servers;
  if (!sentinel || primary === undefined) throw new TypeError("The message queue has no sentinels.");
  const errors: unknown[] = [];
  for (const server of shuffled(sentinel.servers)) {
    if (signal.aborted) break;
    try {
      const found = await ask(redis, queue, server, signal);
      if (found !== null) return { ...primary, ...found };
      errors.push(unknownName(sentinel.name));
    } catch (error) {
      errors.push(redisRefusal(error));
    }
  }
  throw errors[0] ?? signal.reason;
}

async function ask(
  { createClient }: RedisPackage,
  queue: QueueSource,
  server: QueueServer,
  signal: AbortSignal,
): Promise<{ host: string; port: number } | null> {
  const { name = "", isSecure = false } = queue.sentinel ?? {};
  const { username, password } = server;
  const client: RedisClientType = createClient({
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    socket: {
      port: sentinelPort,
      ...serverAddress(server),
      ...socketOptions(queue, isSecure || queue.isSecure),
      reconnectStrategy: false,
    },
    disableOfflineQueue: true,
  }) as RedisClientType;
  client.on("error", () => {});
  const end = () => client.isOpen && client.destroy();
  signal.addEventListener("abort", end);
  try {
    await client.connect();
    const reply = await client.sendCommand(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name]);
    if (!Array.isArray(reply)) return null;
    return { host: String(reply[0]), port: Number(reply[1]) };
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

function unknownName(name: string): Error {
  const why = `its sentinels know no primary with the name ${quoted(name)}`;
  return brokerRefusal("Redis", why, 'Check sentinel.name in the option "messageQueue".', null);
}

/** The part of the package's sentinel client that is used here. */
interface SentinelClient extends Omit<RedisServer, "sendCommand" | "hello" | "scriptLoad" | "ping"> {
  connect(): Promise<unknown>;
  duplicate(options: object): SentinelClient;
  sendCommand(isReadonly: boolean, words: readonly (string | Buffer)[], options?: object): Promise<unknown>;
}

/**
 * Duplicates a sentinel client of the application. It follows the primary by itself; the link ends all the
 * same when that changes, since messages may be lost on the way.
 */
export async function duplicateSentinel(
  given: object,
  onLost: (error: unknown) => void,
  signal: AbortSignal,
): Promise<RedisServer> {
  const client = (given as SentinelClient).duplicate({
    ...neutral,
    // Several connections to the primary would lose the order of messages.
    masterPoolSize: 1,
    replicaPoolSize: 0,
    reserveClient: false,
    passthroughClientErrorEvents: false,
  });
  client.on("error", onLost);
  client.on("client-error", (event) => onLost((event as { error?: unknown } | null)?.error ?? event));
  const server = serverOf(client);
  signal.addEventListener("abort", () => server.destroy());
  try {
    await client.connect();
  } catch (error) {
    server.destroy();
    throw redisRefusal(error);
  }
  client.on("topology-change", (event) => {
    if ((event as { type?: unknown } | null)?.type === "MASTER_CHANGE") {
      onLost(new Error("Redis Sentinel has named another primary."));
    }
  });
  return server;
}

/** A sentinel client as a server, which it leads to. */
function serverOf(client: SentinelClient): RedisServer {
  const send = (words: readonly (string | Buffer)[], options?: object) =>
    client.sendCommand(false, words, options);
  return {
    get isOpen() {
      return client.isOpen;
    },
    on: (event, listener) => client.on(event, listener),
    removeAllListeners: (event) => client.removeAllListeners(event),
    destroy() {
      const ended = client.destroy() as unknown;
      if (ended instanceof Promise) ended.catch(() => {});
    },
    publish: (channel, message) => client.publish(channel, message),
    sPublish: (channel, message) => client.sPublish(channel, message),
    subscribe: (channels, listener, asBytes) => client.subscribe(channels, listener, asBytes),
    unsubscribe: (channels, listener, asBytes) => client.unsubscribe(channels, listener, asBytes),
    sSubscribe: (channels, listener, asBytes) => client.sSubscribe(channels, listener, asBytes),
    sUnsubscribe: (channels, listener, asBytes) => client.sUnsubscribe(channels, listener, asBytes),
    pSubscribe: (patterns, listener, asBytes) => client.pSubscribe(patterns, listener, asBytes),
    pUnsubscribe: (patterns, listener, asBytes) => client.pUnsubscribe(patterns, listener, asBytes),
    scriptLoad: (text) => send(["SCRIPT", "LOAD", text]),
    sendCommand: send,
    ping: () => send(["PING"]),
    // A primary behind Sentinel is no node of a cluster.
    hello: () => Promise.resolve({ mode: "standalone", role: "master" }),
  };
}

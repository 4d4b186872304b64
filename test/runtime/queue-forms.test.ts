/** Message queues that a program gives as options or as a client of its own. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect, type NatsConnection, usernamePasswordAuthenticator } from "@nats-io/transport-node";
import { createClient, createCluster, createSentinel } from "@redis/client";
import { type MessageQueue, SocketIO, type SocketIOOptions } from "roomcast";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped, makeCertificate, RedisCluster } from "../support/brokers.ts";
import { LogLines } from "../support/log-lines.ts";
import { soon } from "../support/waiting.ts";

async function redis(...args: readonly string[]): Promise<Broker> {
  const broker = await Broker.redis(...args);
  onTestFinished(() => broker.kill());
  return broker;
}

/** Two servers on a message queue. */
async function serve(messageQueue: MessageQueue | (() => MessageQueue), options: SocketIOOptions = {}) {
  const logger = new LogLines();
  const servers = [];
  for (let count = 0; count < 2; count += 1) {
    const socketio = new SocketIO({
      messageQueue: typeof messageQueue === "function" ? messageQueue() : messageQueue,
      logger,
      ...options,
    });
    onTestFinished(() => socketio.stop());
    await socketio.run({ port: 0, signals: false });
    servers.push(socketio);
  }
  const [first, second] = servers as [SocketIO, SocketIO];
  return { first, second, logger };
}

/** Events for a room reach clients of the other server. */
async function carries({ first, second }: { first: SocketIO; second: SocketIO }): Promise<void> {
  // Recovery ends connections that may have missed events, so each check has a client of its own.
  const client = second.testClient();
  await client.connect();
  await second.joinRoom("room", { sid: client.sid() });
  await soon(() => {
    first.emit("news", "from afar", { to: "room" });
    return client.received().map(({ args }) => args[0]);
  }).toContain("from afar");
  await client.disconnect();
}

const problems = ({ logger }: { logger: LogLines }) =>
  logger.lines.filter((line) => !line.startsWith("info"));

describe.skipIf(isSkipped("redis"))("a Redis", () => {
  it("is reached with the credentials and options of an object, with recovery too", async () => {
    const broker = await redis("--requirepass", "pw-1");
    const sites = await serve(
      { url: broker.url, password: "pw-1", database: 3, options: { socket: { keepAlive: true } } },
      { recovery: true },
    );
    await carries(sites);
    expect(problems(sites)).toEqual([]);
  });

  it("is reached through the program's own client, which stays as it is", async () => {
    const broker = await redis("--requirepass", "pw-1");
    const client = createClient({
      url: broker.url.replace("://", "://:pw-1@"),
      keyPrefix: "own:",
      name: "own",
    });
    await client.connect();
    onTestFinished(() => client.destroy());
    const sites = await serve(client, { recovery: true });
    await carries(sites);
    expect(problems(sites)).toEqual([]);
    // A cross-check that recovery works on it.
    expect(sites.first.stats().queue).toMatchObject({ state: "up", recovery: "up" });
    for (const server of [sites.first, sites.second]) await server.stop();
    expect([client.isReady, await client.ping()]).toEqual([true, "PONG"]);
    // Roomcast's connections are closed.
    await soon(() => client.sendCommand(["CLIENT", "LIST"])).toMatch(/^[^\n]*\n$/);
  });

  it("is reached through a Unix socket", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "roomcast-forms-")), "redis.sock");
    onTestFinished(() => rmSync(dirname(path), { recursive: true, force: true }));
    await redis("--unixsocket", path);
    await carries(await serve({ url: "redis://", options: { socket: { path } } }));
  });

  it("that is not connected yet is connected to, and connected to again", async () => {
    const broker = await redis();
    const client = createClient({ url: broker.url });
    const sites = await serve(client);
    await carries(sites);
    expect(client.isOpen).toBe(false);
    await broker.kill();
    await soon(() => sites.first.stats().queue.state).toBe("down");
    await broker.start();
    await carries(sites);
  });

  it("carries other programs' formats through options and clients", async () => {
    const broker = await redis();
    await carries(await serve({ url: broker.url }, { format: "redis-adapter" }));
    await carries(await serve(createClient({ url: broker.url }), { format: "python-socketio" }));
  });

  it("with TLS takes the authority and the certificate of this process from the options", async () => {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-forms-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const files = makeCertificate(folder, "DNS:localhost");
    const broker = await Broker.redisTls(files, "--tls-auth-clients", "yes");
    onTestFinished(() => broker.kill());
    const [ca, key] = [readFileSync(files.certificate), readFileSync(files.key)];
    const url = `rediss://localhost:${broker.port}`;
    await carries(await serve({ url, tls: { ca, cert: ca, key } }));
    await expect(serve({ url, tls: { ca } })).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/certificate of this process.*tls: \{ cert, key \}/),
    });
    await expect(serve({ url })).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/not trusted.*tls: \{ ca \}/),
    });
  });
});

describe.skipIf(isSkipped("redis"))("a Redis Cluster", () => {
  let cluster: RedisCluster | null = null;
  const started = async () => {
    cluster ??= await RedisCluster.start();
    return cluster;
  };
  afterAll(() => cluster?.end());

  it("is reached through several of its nodes, and through the program's own client", async () => {
    const { url } = await started();
    const nodes = await serve({ url: [url, "redis://127.0.0.1:1"] }, { recovery: true });
    await carries(nodes);
    const client = createCluster({ rootNodes: [{ url }] });
    client.on("error", () => {});
    await client.connect();
    onTestFinished(() => client.destroy());
    await carries(await serve(client, { recovery: true }));
    expect(await client.get("key")).toBeNull();
  });

  it("is not what several URLs name, or a client of one node", async () => {
    const { url } = await started();
    const [one, two] = [await redis(), await redis()];
    await expect(serve({ url: [one.url, two.url] })).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/several URLs.*sentinel/),
    });
    await expect(serve(createClient({ url }))).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringContaining("createCluster()"),
    });
  });
});

describe.skipIf(isSkipped("redis"))("a primary that Redis Sentinel watches", () => {
  it("is followed to another server, given as options and as a client", { timeout: 60_000 }, async () => {
    const auth = ["--requirepass", "pw-1", "--masterauth", "pw-1"];
    const primary = await redis(...auth);
    await redis(...auth, "--replicaof", "127.0.0.1", String(primary.port));
    const sentinel = await Broker.sentinel(primary, "sentinel auth-pass mymaster pw-1", "requirepass pw-2");
    onTestFinished(() => sentinel.kill());
    const ask = createClient({ url: sentinel.url, password: "pw-2" });
    await ask.connect();
    onTestFinished(() => ask.destroy());
    await soon(() => ask.sendCommand(["SENTINEL", "REPLICAS", "mymaster"])).toHaveLength(1);
    const url = ["redis://127.0.0.1:1", sentinel.url.replace("://", "://:pw-2@")];
    const client = createSentinel({
      name: "mymaster",
      sentinelRootNodes: [{ host: "127.0.0.1", port: sentinel.port }],
      nodeClientOptions: { password: "pw-1" },
      sentinelClientOptions: { password: "pw-2" },
    });
    const forms = [{ sentinel: { name: "mymaster", url }, password: "pw-1" }, client] as const;
    const all = await Promise.all(forms.map((form) => serve(form, { recovery: true })));
    for (const sites of all) await carries(sites);
    await primary.kill();
    const servers = all.flatMap(({ first, second }) => [first, second]);
    for (const server of servers) await soon(() => server.stats().queue.state).toBe("down");
    for (const server of servers) {
      await soon(() => server.stats().queue).toMatchObject({ state: "up", reconnects: 1, recovery: "up" });
    }
    for (const sites of all) await carries(sites);
  });

  it("under another name, or behind a sentinel with another password, is an error that says so", async () => {
    const sentinel = await Broker.sentinel(await redis(), "requirepass pw-2");
    onTestFinished(() => sentinel.kill());
    const url = sentinel.url.replace("://", "://:pw-2@");
    await expect(serve({ sentinel: { name: "other", url } })).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/no primary with the name "other".*sentinel\.name/),
    });
    await expect(serve({ sentinel: { name: "mymaster", url: sentinel.url } })).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/NOAUTH/),
    });
  });
});

describe.skipIf(isSkipped("nats"))("a NATS", () => {
  it("is reached with the credentials and options of an object", async () => {
    const broker = await Broker.nats("--user", "ann", "--pass", "pw-1");
    onTestFinished(() => broker.kill());
    const options = {
      url: ["nats://127.0.0.1:1", broker.url],
      options: { name: "chat", inboxPrefix: "_CHAT" },
    };
    await carries(await serve({ ...options, username: "ann", password: "pw-1" }));

    await carries(
      await serve({
        url: broker.url,
        options: { authenticator: usernamePasswordAuthenticator("ann", "pw-1") },
      }),
    );
  });

  it("with TLS takes the authority from the options", async () => {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-forms-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { certificate, key } = makeCertificate(folder, "DNS:localhost");
    const broker = await Broker.nats("--tls", "--tlscert", certificate, "--tlskey", key);
    onTestFinished(() => broker.kill());
    const url = `tls://localhost:${broker.port}`;
    await carries(await serve({ url, tls: { ca: readFileSync(certificate, "utf8") } }));
    await expect(serve({ url })).rejects.toMatchObject({ message: expect.stringContaining("tls: { ca }") });
  });

  it("is reached through the program's own connection, which stays open and comes back", async () => {
    const broker = await Broker.nats();
    onTestFinished(() => broker.kill());
    const connections = [
      await connect({ servers: `127.0.0.1:${broker.port}`, reconnectTimeWait: 50 }),
      await connect({ servers: `127.0.0.1:${broker.port}`, reconnectTimeWait: 50 }),
    ];
    for (const connection of connections) onTestFinished(() => connection.close());
    let next = 0;
    const sites = await serve(() => connections[next++] as NatsConnection);
    await carries(sites);
    await broker.kill();
    await soon(() => sites.first.stats().queue.state).toBe("down");
    await broker.start();
    await soon(() => sites.first.stats().queue.state).toBe("up");
    await carries(sites);
    await sites.first.stop();
    expect(connections[0]?.isClosed()).toBe(false);
    await connections[1]?.close();
    await soon(() => sites.second.stats().queue).toMatchObject({
      state: "down",
      error: { code: "ERR_MESSAGE_QUEUE", message: expect.stringContaining("is closed") },
    });
  });
});

describe.skipIf(isSkipped("jetstream"))("a NATS with JetStream", () => {
  it("keeps what recovery needs, through the program's own connection too", async () => {
    const broker = await Broker.jetStream();
    onTestFinished(() => broker.kill());
    const servers = `127.0.0.1:${broker.port}`;
    const connections = [await connect({ servers }), await connect({ servers })];
    for (const connection of connections) onTestFinished(() => connection.close());
    let next = 0;
    const sites = await serve(() => connections[next++] as NatsConnection, { recovery: true });
    await carries(sites);
    expect(sites.first.stats().queue).toMatchObject({ state: "up", recovery: "up" });
    for (const server of [sites.first, sites.second]) await server.stop();
    expect(connections.map((connection) => connection.isClosed())).toEqual([false, false]);
  });
});

/** Message queues with TLS, users, passwords or limited rights: every connection follows the URL. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  Broker,
  type CertificateFiles,
  isSkipped,
  makeCertificate,
  RedisCluster,
} from "../support/brokers.ts";
import { freePort } from "../support/free-port.ts";
import { LogLines } from "../support/log-lines.ts";
import { startServer } from "../support/server.ts";
import { record, StockClient } from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";
import { Child } from "./support/child.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const stock = new StockClient("4.8", "websocket");

/** A folder that exists while one test runs. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-queue-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * The output of the program that runs two servers on a message queue, for each of several queues. It is a
 * program, because Node reads trusted authorities only when it starts.
 */
async function tryQueues(words: readonly string[], trusted?: CertificateFiles): Promise<unknown[]> {
  const program = ["--import", "tsx", "test/runtime/support/queue-program.ts", ...words];
  const env = trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: trusted.certificate };
  const child = new Child(root, program, env);
  const results: unknown[] = [];
  for (const word of words) if (word !== "recovery") results.push(JSON.parse(await child.line()));
  return results;
}

const heard = { heard: "from afar", lines: [] };

async function redis(...args: readonly string[]): Promise<Broker> {
  const broker = await Broker.redis(...args);
  onTestFinished(() => broker.kill());
  return broker;
}

async function nats(...args: readonly string[]): Promise<Broker> {
  const broker = await Broker.nats(...args);
  onTestFinished(() => broker.kill());
  return broker;
}

/** The URL of a broker, with credentials before its host. */
function withUser(broker: Broker, user: string): string {
  return broker.url.replace("://", `://${user}@`);
}

describe.skipIf(isSkipped("redis") || isSkipped("nats"))("a message queue that speaks TLS", () => {
  const named = ({ url }: { url: string }) => url.replace("127.0.0.1", "localhost");
  const tlsOf = ({ certificate, key }: CertificateFiles) => [
    "--tls",
    "--tlscert",
    certificate,
    "--tlskey",
    key,
  ];

  it("is reached with rediss:// or tls://, and so are all nodes of a cluster", {
    timeout: 60_000,
  }, async () => {
    // The nodes of the cluster announce addresses, which the certificate does not name.
    const files = makeCertificate(makeFolder(), "DNS:localhost");
    const cluster = await RedisCluster.start(files);
    onTestFinished(() => cluster.end());
    const broker = await nats("--user", "ann", "--pass", "one", ...tlsOf(files));
    const servers = `tls://ann:one@localhost:${await freePort()},localhost:${broker.port}`;
    const results = await tryQueues(
      [named(cluster), "recovery", named(cluster), servers, cluster.url],
      files,
    );
    // Recovery logs a line about a cluster that takes longer than a second to connect to.
    expect(results).toEqual([
      heard,
      { ...heard, lines: expect.any(Array) },
      heard,
      {
        code: "ERR_MESSAGE_QUEUE",
        message: expect.stringMatching(/Redis refuses.*certificate is not trusted.*host name/),
      },
    ]);
  });

  it("makes run() reject if its certificate is not trusted", { timeout: 60_000 }, async () => {
    const files = makeCertificate(makeFolder(), "IP:127.0.0.1");
    const broker = await Broker.redisTls(files);
    onTestFinished(() => broker.kill());
    const { port } = await nats(...tlsOf(files));
    const [redisResult, natsResult] = await tryQueues([broker.url, `tls://127.0.0.1:${port}`]);
    expect(redisResult).toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/Redis refuses.*certificate is not trusted.*NODE_EXTRA_CA_CERTS/),
    });
    expect(natsResult).toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/NATS refuses.*certificate is not trusted.*NODE_EXTRA_CA_CERTS/),
    });
  });
});

describe.skipIf(isSkipped("redis"))("a Redis with users", () => {
  it("takes a password with a bare % in it", async () => {
    const broker = await redis("--requirepass", "100%s@fe:x");
    const { log } = await startServer({ messageQueue: withUser(broker, ":100%s@fe:x"), recovery: true });
    expect(log.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  it("carries events between users with different rights: the kind of pub/sub does not depend on them", async () => {
    const broker = await redis();
    const few = ["+spublish", "+ssubscribe", "+sunsubscribe", "resetchannels", "&roomcast*"];
    await broker.command("ACL", "SETUSER", "few", "on", ">secret", ...few);
    await broker.command("ACL", "SETUSER", "many", "on", ">secret", "+@all", "~*", "&*");
    const servers = [
      await startServer({ messageQueue: withUser(broker, "few:secret") }),
      await startServer({ messageQueue: withUser(broker, "many:secret") }),
    ] as const;
    const clients = [await stock.connect(servers[0].url), await stock.connect(servers[1].url)];
    const events = clients.map(record);
    for (const { socketio } of servers)
      socketio.emit("news", socketio === servers[0].socketio ? "few" : "many");
    for (const list of events)
      await soon(() => list.map(([, from]) => from).toSorted()).toEqual(["few", "many"]);
  });

  it("needs only the rights that the manual lists, with recovery and without", async () => {
    const manual = readFileSync(join(root, "docs/brokers.md"), "utf8");
    const rights = /^ACL (SETUSER .*)$/m.exec(manual)?.[1]?.split(" ") ?? [];
    const more = /needs `(\+[^`]*)` as well/.exec(manual)?.[1]?.split(" ") ?? [];
    expect(more.length).toBeGreaterThan(0);
    const broker = await redis();
    for (const [recovery, words] of [
      [false, rights],
      [true, [...rights, ...more]],
    ] as const) {
      await broker.command("ACL", "DELUSER", "roomcast");
      await broker.command("ACL", ...words);
      const { socketio, log, url } = await startServer({
        messageQueue: withUser(broker, "roomcast:password"),
        recovery,
      });
      const events = record(await stock.connect(url));
      socketio.emit("news");
      await soon(() => events.map(([name]) => name)).toEqual(["news"]);
      expect(log.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
    }
  });

  it("carries events without recovery for a user whose rights are enough for messages alone, and says so", async () => {
    const broker = await redis();
    const rights = ["resetchannels", "&roomcast*", "~roomcast*", "+@all", "-@stream"];
    await broker.command("ACL", "SETUSER", "few", "on", ">secret", ...rights);
    const messageQueue = withUser(broker, "few:secret");
    const [one, two] = [
      await startServer({ messageQueue, recovery: true }),
      await startServer({ messageQueue, recovery: true }),
    ];
    const events = record(await stock.connect(two.url));
    one.socketio.emit("news", 1);
    one.socketio.emit("news", 2);
    await soon(() => events.map(([, value]) => value)).toEqual([1, 2]);
    await soon(() => one.log.lines.filter((line) => !line.startsWith("info"))).toEqual([
      expect.stringMatching(/works within this process only.*can't run this command.*docs\/brokers\.md/),
    ]);
    expect(one.socketio.stats().queue).toMatchObject({
      state: "up",
      recovery: "refused",
      error: { message: expect.stringContaining("can't run this command") },
      dropped: 0,
    });
  });

  it("carries events while it has no memory for recovery", async () => {
    const broker = await redis();
    const options = { messageQueue: broker.url, recovery: true };
    const [one, two] = [await startServer(options), await startServer(options)];
    const events = record(await stock.connect(two.url));
    one.socketio.emit("news", "before");
    await soon(() => events.length).toBe(1);
    await broker.command("CONFIG", "SET", "maxmemory", "1");
    // The first events find out.
    await soon(() => {
      one.socketio.emit("news", "probe");
      return one.socketio.stats().queue.recovery;
    }).toBe("down");
    one.socketio.emit("news", "during");
    await soon(() => events.map(([, value]) => value)).toContain("during");
  });

  it("stays up for a user without the right to PING", async () => {
    const broker = await redis();
    const rights = ["+@all", "-ping", "~*", "&*"];
    await broker.command("ACL", "SETUSER", "mute", "on", ">secret", ...rights);
    const { log, trace } = await startServer({
      messageQueue: withUser(broker, "mute:secret"),
      recovery: true,
    });
    // Roomcast pings both connections each second.
    const asked = async () =>
      /cmdstat_ping:.*rejected_calls=(\d+)/.exec(await broker.command("INFO", "commandstats"))?.[1];
    await soon(async () => Number((await asked()) ?? 0)).toBeGreaterThanOrEqual(8);
    expect(trace.filter(({ type }) => type.startsWith("backplane")).map(({ type }) => type)).toEqual([
      "backplane up",
    ]);
    expect(log.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  it.each([
    ["with a wrong password", ":pw-2", /WRONGPASS.*user and the password/],
    ["without a password", "", /NOAUTH.*user and the password/],
    ["whose user may not publish", "deaf:pw-3", /NOPERM.*spublish/i],
    ["whose user may not listen", "dumb:pw-3", /NOPERM.*ssubscribe/i],
    ["with a database that is not there", ":pw-1", /DB index.*database/],
  ])("refuses, and run() rejects with what to do: %s", async (_what, user, message) => {
    const broker = await redis("--requirepass", "pw-1");
    const admin = withUser(broker, ":pw-1");
    const client = (await import("@redis/client")).createClient({ url: admin });
    await client.connect();
    await client.sendCommand(["ACL", "SETUSER", "deaf", "on", ">pw-3", "+@all", "-spublish", "&*"]);
    await client.sendCommand(["ACL", "SETUSER", "dumb", "on", ">pw-3", "+@all", "-ssubscribe", "&*"]);
    client.destroy();
    const url = user === "" ? broker.url : withUser(broker, user);
    const messageQueue = user === ":pw-1" ? `${url}/9999` : url;
    const logger = new LogLines();
    const socketio = new SocketIO({ messageQueue, logger });
    onTestFinished(() => socketio.stop().catch(() => {}));
    const error = await socketio.run({ port: 0, signals: false }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "ERR_MESSAGE_QUEUE", message: expect.stringMatching(message) });
    expect(socketio.ready).toBe(false);
    expect(inspect([error, logger.lines, logger.records], { depth: 10 })).not.toMatch(/pw-\d/);
  });

  it("keeps a server from being ready if the application listens by itself", async () => {
    const broker = await redis("--requirepass", "pw-1");
    const log = new LogLines();
    const http = createServer();
    const socketio = new SocketIO(http, { messageQueue: broker.url, logger: log });
    onTestFinished(() => socketio.stop());
    expect(socketio.ready).toBe(true);
    await soon(() => log.lines).toEqual([
      expect.stringMatching(/^error The message queue cannot be used.*NOAUTH.*user and the password/),
    ]);
    expect(socketio.ready).toBe(false);
  });
});

describe.skipIf(isSkipped("nats"))("a NATS with users", () => {
  const rights = (text: string) => {
    const path = join(makeFolder(), "nats.conf");
    writeFileSync(path, `authorization { users = [${text}] }`);
    return path;
  };

  it("is reached at each server of the URL with the credentials of that server", async () => {
    const [first, second] = [await nats("--user", "ann", "--pass", "one%"), await nats("--auth", "to%ken")];
    await first.kill();
    const url = `${withUser(first, "ann:one%")},${withUser(second, "to%ken")}`;
    const { log } = await startServer({ messageQueue: url });
    expect(log.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  it("gives its credentials to servers of the URL that have none of their own", async () => {
    const second = await nats("--user", "ann", "--pass", "one");
    const url = `nats://ann:one@127.0.0.1:${await freePort()},127.0.0.1:${second.port}`;
    const { log } = await startServer({ messageQueue: url });
    expect(log.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  it("refuses a wrong password or token, and run() rejects with advice", async () => {
    const broker = await nats("--user", "ann", "--pass", "pw-1");
    for (const user of ["ann:pw-2", "pw-2", ""]) {
      const logger = new LogLines();
      const messageQueue = user === "" ? broker.url : withUser(broker, user);
      const socketio = new SocketIO({ messageQueue, logger });
      onTestFinished(() => socketio.stop().catch(() => {}));
      const error = await socketio.run({ port: 0, signals: false }).catch((error: unknown) => error);
      expect(error).toMatchObject({
        code: "ERR_MESSAGE_QUEUE",
        message: expect.stringMatching(/Authorization.*token/),
      });
      expect(inspect([error, logger.lines, logger.records], { depth: 10 })).not.toMatch(/pw-\d/);
    }
  });

  it("whose user may not subscribe to the subjects makes run() reject", async () => {
    const user = '{ user: ann, password: one, permissions: { publish: ">", subscribe: "other.>" } }';
    const broker = await nats("-c", rights(user));
    const socketio = new SocketIO({ messageQueue: withUser(broker, "ann:one"), logger: new LogLines() });
    onTestFinished(() => socketio.stop().catch(() => {}));
    await expect(socketio.run({ port: 0, signals: false })).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(/[Pp]ermission.*right/),
    });
  });

  it("whose user may not publish is reported in the log, once", async () => {
    const user = '{ user: ann, password: one, permissions: { publish: "other.>", subscribe: ">" } }';
    const broker = await nats("-c", rights(user));
    const { socketio, log } = await startServer({ messageQueue: withUser(broker, "ann:one") });
    for (let count = 0; count < 3; count += 1) socketio.emit("news", count);
    await soon(() => log.lines.filter((line) => line.startsWith("error"))).toEqual([
      expect.stringMatching(/message queue does not take.*[Pp]ermission/),
    ]);
    await soon(() => socketio.stats().messagesRefused).toBeGreaterThanOrEqual(3);
  });
});

describe.skipIf(isSkipped("jetstream"))("a NATS whose user may not use JetStream", () => {
  it.each([
    ["at all", '"roomcast.>", "_INBOX.>"'],
    ["but to ask for it", '"roomcast.>", "_INBOX.>", "$JS.API.INFO"'],
  ])("%s carries events without recovery, and says so", async (_what, publish) => {
    const config = join(makeFolder(), "nats.conf");
    const permissions = `{ publish: [${publish}], subscribe: ["roomcast.>", "_INBOX.>"] }`;
    const user = `{ user: ann, password: one, permissions: ${permissions} }`;
    writeFileSync(config, `authorization { users = [${user}] }`);
    const broker = await Broker.jetStream({ args: ["-c", config] });
    onTestFinished(() => broker.kill());
    const options = { messageQueue: withUser(broker, "ann:one"), recovery: true };
    const [one, two] = [await startServer(options), await startServer(options)];
    const events = record(await stock.connect(two.url));
    one.socketio.emit("news", 1);
    await soon(() => events.map(([, value]) => value)).toEqual([1]);
    await soon(() => one.log.lines.filter((line) => !line.startsWith("info"))).toEqual([
      expect.stringMatching(/works within this process only.*Permissions Violation.*docs\/brokers\.md/),
    ]);
    expect(one.socketio.stats().queue).toMatchObject({ state: "up", recovery: "refused" });
  });
});

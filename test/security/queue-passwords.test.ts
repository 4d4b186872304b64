/** No password of a message queue is in an error, the log, the statistics or a trace event. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { connect as connectNats } from "@nats-io/transport-node";
import { createClient, createCluster, createSentinel } from "@redis/client";
import { type MessageQueue, SocketIO, type SocketIOOptions, type TraceEvent } from "roomcast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Broker, isSkipped, makeCertificate } from "../support/brokers.ts";
import { freePort } from "../support/free-port.ts";
import { LogLines } from "../support/log-lines.ts";

/** Each password, user and token of this file. */
const secret = /s3cret|us3r/;

/** Everything that a program can see of an attempt to run on a message queue. */
async function seenOf(messageQueue: MessageQueue, options: SocketIOOptions = {}) {
  const logger = new LogLines();
  const trace: TraceEvent[] = [];
  let error: unknown = null;
  let stats: unknown = null;
  try {
    const socketio = new SocketIO({
      messageQueue,
      queueRequired: { timeout: 1000 },
      logger,
      debug: true,
      ...options,
    });
    socketio.trace((event) => trace.push(event));
    error = await socketio.run({ port: 0, signals: false }).catch((thrown: unknown) => thrown);
    stats = socketio.stats();
    await socketio.stop().catch(() => {});
  } catch (thrown) {
    error = thrown;
  }
  const text = [error, stats, trace, logger.lines, logger.records]
    .map((part) => inspect(part, { depth: 12, showHidden: true }))
    .join("\n");
  return { error, text: `${text}\n${String((error as Error | null)?.stack)}` };
}

/** Each way to name a server of Redis. */
function redisForms(host: string, scheme = "redis"): [string, MessageQueue][] {
  const url = `${scheme}://us3r:s3cret@${host}`;
  const [name = "", port = ""] = host.split(":");
  const node = { host: name, port: Number(port) };
  const silent = <Client extends { on(event: "error", listener: () => void): unknown }>(client: Client) => {
    client.on("error", () => {});
    return client;
  };
  const forms: [string, MessageQueue][] = [
    ["a URL", url],
    ["options", { url: `${scheme}://${host}`, username: "us3r", password: "s3cret" }],
    ["a client", silent(createClient({ url }))],
    ["a cluster's client", silent(createCluster({ rootNodes: [{ url }], defaults: { password: "s3cret" } }))],
    ["sentinels", { sentinel: { name: "mymaster", url }, password: "s3cret" }],
    [
      "a sentinel's client",
      silent(
        createSentinel({
          name: "mymaster",
          sentinelRootNodes: [node],
          nodeClientOptions: { password: "s3cret" },
          sentinelClientOptions: { username: "us3r", password: "s3cret" },
        }),
      ),
    ],
  ];
  return scheme === "redis" ? forms : forms.slice(0, 3);
}

async function expectNoSecret(forms: readonly [string, MessageQueue][], options?: SocketIOOptions) {
  await Promise.all(
    forms.map(async ([form, queue]) => {
      const { error, text } = await seenOf(queue, options);
      expect([form, error]).toEqual([
        form,
        expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }),
      ]);
      expect([form, secret.exec(text)?.[0]]).toEqual([form, undefined]);
    }),
  );
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "roomcast-passwords-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a test with a broker. */
async function withBroker(broker: Promise<Broker>, act: (broker: Broker) => Promise<void>): Promise<void> {
  const started = await broker;
  try {
    await act(started);
  } finally {
    await started.kill();
  }
}

describe.concurrent("a password of a message queue is not shown by", () => {
  it("a URL that cannot be read, in any form", async () => {
    for (const url of [
      "redis://us3r:s3cret@host:6379x",
      "redis://us3r:s3cret/@host",
      "http://us3r:s3cret@host",
      "redis://us3r:s3cret@host?db=1",
      "us3r:s3cret@host",
      "nats://us3r:s3cret@host,redis://us3r:s3cret@host",
    ]) {
      await expectNoSecret([
        ["a URL", url],
        ["a list", [url] as never],
        ["options", { url }],
        ["a list in options", { url: ["redis://a", url] }],
        ["sentinels", { sentinel: { name: "mymaster", url } }],
        ["a URL object", (URL.canParse(url) ? new URL(url) : { href: url }) as never],
        ["unknown options", { uri: url } as never],
        ["the library's options", { url: "redis://host", options: { url } }],
        ["a password of another kind", { url: "redis://host", password: [url] } as never],
        ["a key that is none", { url: "redis://host", tls: { key: url, cert: url } }],
      ]);
    }
  });

  it.skipIf(isSkipped("redis"))("a Redis that refuses it, with recovery and other formats too", async () => {
    await withBroker(Broker.redis("--requirepass", "other"), async ({ port }) => {
      await expectNoSecret(redisForms(`127.0.0.1:${port}`));
      await expectNoSecret(redisForms(`127.0.0.1:${port}`).slice(0, 3), { recovery: true });
      await expectNoSecret(redisForms(`127.0.0.1:${port}`).slice(0, 2), { format: "redis-adapter" });
    });
  });

  it("a broker that is away, or a host without an address", async () => {
    const [port, name] = [await freePort(), "nowhere.invalid:6379"];
    for (const host of [`127.0.0.1:${port}`, name]) {
      await expectNoSecret([
        ...redisForms(host),
        ["NATS by a URL", `nats://us3r:s3cret@${host}`],
        ["NATS by a token", { url: `nats://${host}`, token: "s3cret" }],
      ]);
    }
  });

  it.skipIf(isSkipped("redis"))("a Redis whose certificate is not trusted, or without TLS", async () => {
    const files = makeCertificate(folder, "DNS:localhost");
    await withBroker(Broker.redisTls(files), ({ port }) =>
      expectNoSecret(redisForms(`localhost:${port}`, "rediss")),
    );
    await withBroker(Broker.redis(), ({ port }) => expectNoSecret(redisForms(`localhost:${port}`, "rediss")));
  });

  it.skipIf(isSkipped("nats"))("a NATS that refuses it, or speaks no TLS", async () => {
    await withBroker(Broker.nats("--user", "ann", "--pass", "other"), async ({ port }) => {
      await expectNoSecret([
        ["a URL", `nats://us3r:s3cret@127.0.0.1:${port}`],
        ["a token in a URL", `nats://s3cret@127.0.0.1:${port}`],
        ["options", { url: `nats://127.0.0.1:${port}`, username: "us3r", password: "s3cret" }],
        ["TLS", `tls://us3r:s3cret@127.0.0.1:${port}`],
      ]);
    });
    await withBroker(Broker.nats("--user", "us3r", "--pass", "s3cret"), async ({ port }) => {
      const own = await connectNats({ servers: `127.0.0.1:${port}`, user: "us3r", pass: "s3cret" });
      await own.close();
      await expectNoSecret([["a connection that is closed", own]]);
    });
  });
});

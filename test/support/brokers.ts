/** Brokers as child processes of a test, each on a free loopback port. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@redis/client";
import { freePort } from "./free-port.ts";
import { deadline, soon } from "./waiting.ts";

/** Where `npm test` installs a newer NATS than the system has. */
const fetchedNats = fileURLToPath(
  new URL("../../node_modules/.cache/programs/usr/sbin/nats-server", import.meta.url),
);

/** The brokers that tests may use. `npm test` reports a missing one, and its tests are skipped. */
export const brokerPrograms = {
  redis: process.env.REDIS_SERVER ?? "/usr/bin/redis-server",
  nats: process.env.NATS_SERVER ?? "/usr/sbin/nats-server",
  jetstream: process.env.NATS_JETSTREAM_SERVER ?? fetchedNats,
};

/** Whether to skip the tests with a broker. */
export function isSkipped(broker: "redis" | "nats" | "jetstream"): boolean {
  // Without `npm test`, no check for the program has run yet.
  if (broker === "jetstream" && !existsSync(brokerPrograms.jetstream)) return true;
  return process.env[`ROOMCAST_SKIP_${broker.toUpperCase()}`] === "1";
}

/** Two Redis servers that share the slots of a cluster. They start slowly, so tests share one cluster. */
export class RedisCluster {
  readonly url: string;
  readonly #brokers: readonly Broker[];
  readonly #folder: string;

  private constructor(brokers: readonly Broker[], folder: string) {
    this.#brokers = brokers;
    this.#folder = folder;
    this.url = brokers[0]?.url ?? "";
  }

  /**
   * Starts a cluster; resolves when it is ready.
   *
   * @param files - its certificate, for a cluster that speaks only TLS
   */
  static async start(files: CertificateFiles | null = null): Promise<RedisCluster> {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-redis-"));
    const brokers = await Promise.all(
      [1, 2].map((number) => {
        const args = ["--cluster-enabled", "yes", "--cluster-config-file", join(folder, `${number}.conf`)];
        return files === null
          ? Broker.redis(...args)
          : Broker.redisTls(files, "--tls-cluster", "yes", "--tls-replication", "yes", ...args);
      }),
    );
    const [first, second] = brokers;
    await first?.command("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
    await second?.command("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
    await second?.command("CLUSTER", "MEET", "127.0.0.1", String(first?.port));
    const cluster = new RedisCluster(brokers, folder);
    await cluster.#whole();
    return cluster;
  }

  /** Ends the cluster for good. */
  async end(): Promise<void> {
    await this.each((broker) => broker.kill());
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Does something with each server of the cluster. */
  async each(act: (broker: Broker) => unknown): Promise<void> {
    await Promise.all(this.#brokers.map(act));
  }

  /** Restarts the servers of the cluster. */
  async restart(): Promise<void> {
    await this.each((broker) => broker.start());
    await this.#whole();
  }

  async #whole(): Promise<void> {
    await this.each((broker) =>
      soon(() => broker.command("CLUSTER", "INFO")).toMatch(/cluster_state:ok.*cluster_known_nodes:2/s),
    );
  }
}

/** The files of a self-signed certificate. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes a self-signed certificate in a folder.
 *
 * @param name - its subject: `IP:127.0.0.1` or `DNS:localhost`
 */
export function makeCertificate(folder: string, name: string): CertificateFiles {
  const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=test", "-addext", `subjectAltName=${name}`];
  const kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", [...kind, "-days", "2", "-keyout", key, "-out", certificate, ...subject], {
    stdio: "ignore",
  });
  return { certificate, key };
}

/** A broker that can fail as real ones do. */
export class Broker {
  readonly port: number;
  readonly url: string;
  readonly #program: string;
  readonly #args: readonly string[];
  /** The port of NATS's monitoring. */
  readonly #monitor: number;
  #process: ChildProcess | null = null;
  /** The authority of its certificate; `null` without TLS. */
  #authority: Buffer | null = null;
  /** A folder to remove with the broker. */
  #folder: string | null = null;

  private constructor(scheme: string, port: number, program: string, args: readonly string[], monitor = 0) {
    this.#monitor = monitor;
    this.port = port;
    this.url = `${scheme}://127.0.0.1:${port}`;
    this.#program = program;
    this.#args = args;
  }

  /** A Redis server that stores nothing on disk. */
  static async redis(...args: readonly string[]): Promise<Broker> {
    const port = await freePort();
    const own = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    return Broker.#started(new Broker("redis", port, brokerPrograms.redis, [...own, ...args]));
  }

  /** A Redis server that speaks only TLS. */
  static async redisTls({ certificate, key }: CertificateFiles, ...args: readonly string[]): Promise<Broker> {
    const port = await freePort();
    const own = ["--port", "0", "--tls-port", String(port), "--bind", "127.0.0.1", "--save", ""];
    const tls = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
    const all = [...own, ...tls, "--tls-auth-clients", "no", ...args];
    const broker = new Broker("rediss", port, brokerPrograms.redis, all);
    broker.#authority = readFileSync(certificate);
    return Broker.#started(broker);
  }

  /**
   * A sentinel that watches a primary under the name "mymaster", and decides alone.
   *
   * @param settings - further lines of its configuration
   */
  static async sentinel({ port: primary }: Broker, ...settings: readonly string[]): Promise<Broker> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "roomcast-sentinel-"));
    const file = join(folder, "sentinel.conf");
    const watch = [`monitor mymaster 127.0.0.1 ${primary} 1`, "down-after-milliseconds mymaster 500"];
    const lines = [...watch, "failover-timeout mymaster 2000"].map((line) => `sentinel ${line}`);
    writeFileSync(file, [`port ${port}`, "bind 127.0.0.1", ...lines, ...settings].join("\n"));
    const broker = new Broker("redis", port, brokerPrograms.redis, [file, "--sentinel"]);
    broker.#folder = folder;
    return Broker.#started(broker);
  }

  /** A NATS server. */
  static async nats(...more: readonly string[]): Promise<Broker> {
    const port = await freePort();
    const monitor = await freePort();
    const args = ["-a", "127.0.0.1", "-p", String(port), "-m", String(monitor), ...more];
    return Broker.#started(new Broker("nats", port, brokerPrograms.nats, args, monitor));
  }

  /** A NATS server with JetStream, which stores messages in memory and in its own folder. */
  static async jetStream({ isOn = true, args: more = [] as readonly string[] } = {}): Promise<Broker> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "roomcast-nats-"));
    const args = ["-a", "127.0.0.1", "-p", String(port), ...(isOn ? ["-js", "-sd", folder] : []), ...more];
    const broker = new Broker("nats", port, brokerPrograms.jetstream, args);
    broker.#folder = folder;
    return Broker.#started(broker);
  }

  static async #started(broker: Broker): Promise<Broker> {
    await broker.start();
    return broker;
  }

  /** Starts it, empty; resolves when it accepts connections. */
  async start(): Promise<void> {
    const child = spawn(this.#program, this.#args, { stdio: "ignore" });
    this.#process = child;
    const end = performance.now() + deadline;
    while (!(await takesConnections(this.port))) {
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`${this.#program} did not start.`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The message counts of a NATS server. */
  async natsStatistics(): Promise<{ in_msgs: number; out_msgs: number }> {
    const response = await fetch(`http://127.0.0.1:${this.#monitor}/varz`);
    return (await response.json()) as { in_msgs: number; out_msgs: number };
  }

  /** Runs a Redis command; resolves to the output. */
  async command(...words: readonly string[]): Promise<string> {
    const ca = this.#authority;
    const socket = { tls: true as const, ca: ca ?? undefined, checkServerIdentity: () => undefined };
    const client = createClient({ url: this.url, ...(ca === null ? {} : { socket }) });
    client.on("error", () => {});
    await client.connect();
    try {
      return String(await client.sendCommand([...words]));
    } finally {
      client.destroy();
    }
  }

  /** Kills it at once. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Freezes it: it accepts connections, but answers nothing. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  /** Ends the freeze. */
  thaw(): void {
    this.#process?.kill("SIGCONT");
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

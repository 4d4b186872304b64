/** A broker as a child process on a free loopback port, with its counters. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { register } from "../system/child-registry.ts";
import { type Command, pinned } from "../system/cores.ts";

/** The kinds of broker. */
export type BrokerKind = "redis" | "nats";

const programs: Readonly<Record<BrokerKind, { readonly variable: string; readonly name: string }>> = {
  redis: { variable: "REDIS_SERVER", name: "redis-server" },
  nats: { variable: "NATS_SERVER", name: "nats-server" },
};

/** How long a broker may take to listen, in ms. */
const startTimeout = 10_000;

/** The path of a broker's program; `undefined` if there is none. */
export function findBroker(kind: BrokerKind): string | undefined {
  const { variable, name } = programs[kind];
  const named = process.env[variable];
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/sbin"].filter(Boolean);
  return [...(named === undefined ? [] : [named]), ...folders.map((folder) => join(folder, name))].find(
    (path) => existsSync(path),
  );
}

/** A running broker. */
export class BrokerProcess {
  readonly kind: BrokerKind;
  readonly url: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #monitor: number;
  /** The information that Redis has sent about itself. */
  #toldBytes = 0;

  private constructor(kind: BrokerKind, child: ChildProcess, port: number, monitor: number) {
    this.kind = kind;
    this.url = `${kind}://127.0.0.1:${port}`;
    this.pid = child.pid ?? 0;
    this.#child = child;
    this.#port = port;
    this.#monitor = monitor;
  }

  /**
   * Starts a broker that stores nothing on disk.
   *
   * @param cores - the processors that it may use; an empty list for all
   * @throws Error when the program is missing, or does not listen
   */
  static async start(kind: BrokerKind, cores: readonly number[]): Promise<BrokerProcess> {
    const program = findBroker(kind);
    if (program === undefined) throw new Error(`${programs[kind].name} is not installed`);
    const [port, monitor] = [await freePort(), await freePort()];
    const own: Record<BrokerKind, readonly string[]> = {
      redis: ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
      nats: ["-a", "127.0.0.1", "-p", String(port), "-m", String(monitor)],
    };
    const command: Command = [program, ...own[kind]];
    const [file, ...args] = pinned(command, cores);
    const child = spawn(file, args, { stdio: "ignore" });
    register(child);
    const broker = new BrokerProcess(kind, child, port, monitor);
    const end = performance.now() + startTimeout;
    while (!(await accepts(port))) {
      if (child.exitCode !== null || performance.now() > end) {
        await broker.stop();
        throw new Error(`${programs[kind].name} did not start`);
      }
      await sleep(20);
    }
    return broker;
  }

  /** How many bytes it has sent in all, without the answers to this method. */
  async sentBytes(): Promise<number> {
    if (this.kind === "nats") {
      const response = await fetch(`http://127.0.0.1:${this.#monitor}/varz`);
      return ((await response.json()) as { out_bytes: number }).out_bytes;
    }
    const answer = await this.#info("stats");
    const sent = Number(/^total_net_output_bytes:(\d+)/m.exec(answer)?.[1]) - this.#toldBytes;
    this.#toldBytes += answer.length;
    return sent;
  }

  /** Stops the broker, and waits for its end. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  /** A section of Redis's information about itself: `$<length>\r\n<text>\r\n`. */
  async #info(section: string): Promise<string> {
    const socket: Socket = connect(this.#port, "127.0.0.1");
    try {
      socket.write(`INFO ${section}\r\n`);
      let answer = "";
      for await (const bytes of socket) {
        answer += String(bytes);
        const head = /^\$(\d+)\r\n/.exec(answer);
        if (head !== null && answer.length >= head[0].length + Number(head[1]) + 2) break;
      }
      return answer;
    } finally {
      socket.destroy();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Runs many clients through the load balancer. Each server behind it has its own process. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BalancedClients, type Ledger } from "./balanced-clients.ts";
import { Balancer, type BalancerTally } from "./nginx.ts";

const program = fileURLToPath(new URL("server-program.ts", import.meta.url));

/** The servers behind the load balancer. */
export type Servers =
  /** One program with this many workers, which share a port. */
  | { readonly workers: number }
  /** This many programs on a common broker, each on its own port. */
  | { readonly processes: number; readonly queue: string };

/** The result of a run. */
export interface BalancerResult {
  readonly ledger: Ledger;
  readonly tally: BalancerTally;
  /** What the servers printed to standard error. */
  readonly printed: string;
  /** All faults of the run. */
  readonly faults: readonly string[];
}

/**
 * Runs the clients. Everything that it starts has ended when it resolves.
 *
 * @param servers - the servers
 * @param clients - how many clients
 * @param seconds - how long the clients work once all are connected
 */
export async function runBalanced(
  servers: Servers,
  clients: number,
  seconds: number,
): Promise<BalancerResult> {
  const started = "workers" in servers ? 1 : servers.processes;
  const args = "workers" in servers ? ["--workers", String(servers.workers)] : ["--queue", servers.queue];
  const programs = Array.from({ length: started }, () => new ServerProgram(args));
  try {
    const ports = await Promise.all(programs.map((server) => server.port()));
    const balancer = await Balancer.start(ports);
    const load = new BalancedClients(balancer.url, clients);
    try {
      await load.run(seconds);
      // Counted first, because requests that leaving clients abort are no failures.
      const tally = balancer.tally();
      const printed = programs.map((server) => server.printed).join("");
      return { ledger: load.ledger, tally, printed, faults: faultsOf(load.ledger, tally, printed) };
    } finally {
      load.leave();
      await balancer.stop();
    }
  } finally {
    await Promise.all(programs.map((server) => server.stop()));
  }
}

function faultsOf({ faults }: Ledger, { statuses, repeated, complaints }: BalancerTally, printed: string) {
  const refused = Object.entries(statuses).filter(([status]) => status !== "200" && status !== "101");
  return [
    ...faults,
    ...refused.map(([status, count]) => `${count} requests were answered with ${status}`),
    ...(repeated === 0 ? [] : [`${repeated} requests were sent to a second server`]),
    ...complaints.map((line) => `nginx: ${line}`),
    ...(printed === "" ? [] : [`the servers: ${printed}`]),
  ];
}

/** A server program. */
class ServerProgram {
  readonly #process: ChildProcess;
  printed = "";

  constructor(args: readonly string[]) {
    // This variable marks a worker, and none of these processes is one.
    const { ROOMCAST_WORKER: _, ...env } = process.env;
    this.#process = spawn(process.execPath, ["--import", "tsx", program, ...args], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      stdio: ["pipe", "pipe", "pipe"],
      env,
    });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.printed += text;
    });
  }

  /** The port on which it listens. */
  async port(): Promise<number> {
    const { stdout } = this.#process;
    if (stdout === null) throw new Error("The program has no output.");
    for await (const line of createInterface(stdout)) return Number(line);
    throw new Error(`The server did not start:\n${this.printed}`);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    const patience = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
    this.#process.stdin?.end();
    await ended;
    clearTimeout(patience);
  }
}

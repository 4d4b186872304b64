/** Debian's nginx, which sends requests to the servers in turn, without sticky sessions. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/free-port.ts";
import { deadline } from "../support/waiting.ts";

/** The answers of nginx. */
export interface BalancerTally {
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that failed at one server and were sent to another, unnoticed by the client. */
  readonly repeated: number;
  /** The lines of its error log. */
  readonly complaints: readonly string[];
}

/** A running nginx. */
export class Balancer {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, process: ChildProcess, folder: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#process = process;
    this.#folder = folder;
  }

  /**
   * Starts nginx; the caller stops it.
   *
   * @param ports - the ports of the servers
   */
  static async start(ports: readonly number[]): Promise<Balancer> {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-nginx-"));
    const port = await freePort();
    writeFileSync(join(folder, "nginx.conf"), configuration(folder, port, ports));
    const program = process.env.NGINX ?? "/usr/sbin/nginx";
    // nginx would take this variable for the sockets of an nginx that ran before it.
    const { NGINX: _, ...env } = process.env;
    const nginx = spawn(program, ["-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], {
      stdio: "ignore",
      env,
    });
    let failure: Error | null = null;
    nginx.once("error", (error) => {
      failure = new Error("nginx cannot be started: install it, or name its path in NGINX.", {
        cause: error,
      });
    });
    const balancer = new Balancer(port, nginx, folder);
    const end = performance.now() + deadline;
    while (!(await isOpen(port))) {
      if (failure !== null) {
        await balancer.stop();
        throw failure;
      }
      if (nginx.exitCode !== null || performance.now() > end) {
        const complaints = balancer.#read("error.log");
        await balancer.stop();
        throw new Error(`nginx did not start. ${complaints.join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return balancer;
  }

  /** The answers so far. A request counts when its answer is complete, a WebSocket when it has ended. */
  tally(): BalancerTally {
    const statuses: Record<string, number> = {};
    let repeated = 0;
    for (const line of this.#read("access.log")) {
      const [status = "", upstream = ""] = line.split("|");
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (upstream.includes(",")) repeated += 1;
    }
    return { statuses, repeated, complaints: this.#read("error.log") };
  }

  /** Ends nginx, and removes its files. */
  async stop(): Promise<void> {
    if (
      this.#process.pid !== undefined &&
      this.#process.exitCode === null &&
      this.#process.signalCode === null
    ) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(name: string): string[] {
    const path = join(this.#folder, name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  }
}

/** An ordinary configuration, with its files in their own folder, and keep-alive to the servers. */
function configuration(folder: string, port: number, ports: readonly number[]): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1; worker_rlimit_nofile 10000;
    events { worker_connections 8000; }
    http {
      ${paths.join(" ")}
      log_format tally "$status|$upstream_status|$request_method"; access_log ${folder}/access.log tally;
      map $http_upgrade $connection_field { default upgrade; "" ""; }
      upstream servers { ${ports.map((server) => `server 127.0.0.1:${server};`).join(" ")} keepalive 16; }
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
          proxy_pass http://servers; proxy_http_version 1.1; proxy_set_header Host $http_host;
          proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_field;
        }
      }
    }`;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
